import { readFile } from 'node:fs/promises'
import t from 'tap'

t.test('the README lists every error code, with its status', async t => {
  const source = await readFile('plugins/errors.ts', 'utf8')
  const [, table = ''] = /const STATUS[^{]*\{([^}]*)\}/.exec(source) ?? []
  const statuses = [...table.matchAll(/^ *([A-Z_]+): (\d{3}),?$/gm)].map(([, code = '', status = '']) => [code, status])
  t.ok(statuses.length > 40)
  const readme = await readFile('README.md', 'utf8')
  const rows = [...readme.matchAll(/^\| (\d{3}) \| (.*`.*) \|$/gm)]
  const listed = rows.flatMap(([, status, codes = '']) => (
    [...codes.matchAll(/`([A-Z_]+)`/g)].map(([, code]) => `${code} ${status}`)))
  t.same(listed.sort(), statuses.map(([code, status]) => `${code} ${status}`).sort())
})
