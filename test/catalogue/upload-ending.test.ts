import { readFile } from 'node:fs/promises'
import t from 'tap'
import { endingOf } from '../../src/catalogue/upload-ending.js'
import { LeporelloError, type ErrorCode } from '../../src/errors.js'

/** These come before an upload is taken on. */
const BEFOREHAND = ['OVERLOADED', 'UPLOADS_BUSY', 'MOZART_UNAVAILABLE']

t.test('an upload that is answered with a 5xx has failed, and one with a 4xx was refused', async t => {
  const source = await readFile('plugins/errors.ts', 'utf8')
  const statuses = [...source.matchAll(/^ {2}([A-Z_]+): (\d{3}),?$/gm)].filter(([, code = '']) => !BEFOREHAND.includes(code))
  t.ok(statuses.length > 40)
  for (const [, code = '', status] of statuses) {
    const ending = endingOf(new LeporelloError(code as ErrorCode, 'no'))
    t.same(ending, Number(status) >= 500 ? { outcome: 'failed' } : { outcome: 'refused', code }, code)
  }
})

t.test('a connection that ends breaks an upload off, and a mistake of the program fails it', async t => {
  t.same(endingOf(Object.assign(new Error('aborted'), { code: 'ECONNRESET' })), { outcome: 'broken off' })
  t.same(endingOf(new Error('Unexpected end of form')), { outcome: 'broken off' })
  t.same(endingOf(new TypeError('x is not a function')), { outcome: 'failed' })
})
