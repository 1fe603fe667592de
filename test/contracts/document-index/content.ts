import type { Test } from 'tap'
import type { OpenDocumentIndex } from '../document-index.js'
import { ample, create, pagesOf, read } from './helpers.js'

/** Values that a JSON parser and printer, or a careless string conversion, would change. */
const VALUES: Readonly<Record<string, string>> = {
  'an integer of 23 digits': '12345678901234567890123',
  'a fraction that is whole': '[1.0,1.50,-0.0]',
  'exponents as written': '[1e2,1E+2,1.0e-7]',
  'a fraction of many digits': '0.1000000000000000055511151231257827021181583404541015625',
  'keys that look like array positions, in their order': '{"b":1,"10":2,"2":3,"a":4}',
  'spaces between tokens': '{ "a" : [ 1 , 2 ] }',
  'escapes as written': '"\\u00e9\\u0000\\/\\ud83d\\ude00\\n"',
  'text beyond ASCII': '"naïve Ωmega 日本語 \u{1f600}"',
  'line and paragraph separators': '"a\u2028b\u2029c"',
  'a byte order mark and a delete character': '"\ufeff\u007f"',
  'empty values': '[{},[],"",null]'
}

/** The text of a document comes back exactly as it was given. Odd values sit in `params`, which no engine indexes. */
export function content (t: Test, open: OpenDocumentIndex): void {
  t.test('a document comes back as it was written, byte for byte', async t => {
    const { index } = await open(t)
    for (const [name, value] of Object.entries(VALUES)) {
      const json = `{"id":"${name}","params":${value}}`
      await create(index, 'job_spec', name, json)
      t.equal((await read(index, 'job_spec', name)).json, json, name)
    }
    await index.refresh('job_spec', ample())
    for (const { id, json } of (await pagesOf(index.documents('job_spec'))).flat()) {
      t.equal(json, `{"id":"${id}","params":${VALUES[id] ?? 'nothing'}}`, `${id}, in a page`)
    }
  })

  for (const size of [100_000, 1_000_000]) {
    t.test(`a document of ${size} bytes comes back whole`, async t => {
      const { index } = await open(t)
      const json = `{"id":"big","params":"${'\u00e9x'.repeat(size / 3)}"}`
      await create(index, 'job_spec', 'big', json)
      t.ok((await read(index, 'job_spec', 'big')).json === json)
    })
  }

  t.test('a long document that is replaced by a short one leaves nothing behind', async t => {
    const { index } = await open(t)
    const version = await create(index, 'job_spec', 'a', `{"id":"a","params":"${'x'.repeat(50_000)}"}`)
    await index.put('job_spec', 'a', '{"id":"a"}', version, ample())
    t.equal((await read(index, 'job_spec', 'a')).json, '{"id":"a"}')
  })
}
