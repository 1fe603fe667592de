import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { COMMANDS } from '../../src/cli/commands.js'
import { runLeporello } from '../service.js'

/** Golden files: what a person reads is changed on purpose. LEPORELLO_WRITE_HELP=1 writes them anew. */
const FOLDER = 'test/cli/help'
const writes = process.env['LEPORELLO_WRITE_HELP'] === '1'

for (const command of [undefined, ...COMMANDS.map(({ name }) => name)]) {
  const name = command ?? 'leporello'
  t.test(`${name} --help is the golden text`, async t => {
    const { stdout, stderr, code } = await runLeporello([...command === undefined ? [] : [command], '--help'])
    t.equal(code, 0, stderr)
    t.match(stdout, /^Examples:\n {2}\S/m, 'has examples')
    const file = join(FOLDER, `${name}.txt`)
    if (writes) await writeFile(file, stdout)
    t.equal(stdout, await readFile(file, 'utf8'))
    t.equal((await runLeporello(['help', ...command === undefined ? [] : [command]])).stdout, stdout)
  })
}

t.test('there is no golden text of a command that is no more', async t => {
  t.same((await readdir(FOLDER)).sort(), ['leporello', ...COMMANDS.map(({ name }) => name)].map(name => `${name}.txt`).sort())
})
