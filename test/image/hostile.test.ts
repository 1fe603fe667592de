import { readFile } from 'node:fs/promises'
import t from 'tap'
import { HOSTILE_DOCUMENTS } from './support/hostile-documents.js'
import { HOSTILE_ENTRIES } from './support/hostile-entries.js'
import { HOSTILE_LAYOUTS } from './support/hostile-layouts.js'
import { HOSTILE_STREAMS } from './support/hostile-streams.js'
import { HOSTILE_TARS } from './support/hostile-tars.js'
import { refusal } from './support/verify.js'

const FILES = [...HOSTILE_TARS, ...HOSTILE_ENTRIES, ...HOSTILE_DOCUMENTS, ...HOSTILE_LAYOUTS, ...HOSTILE_STREAMS]

for (const { title, file, request, code, says } of FILES) {
  t.test(`refused: ${title}`, async t => {
    const error = await refusal(file, request)
    t.equal(error.code, code, error.message)
    t.match(error.message, says)
    t.ok(error.message.length < 600, 'the sentence is one')
    t.equal((await refusal(file, { ...request, lenient: true })).code, code, 'also leniently')
  })
}

t.test('there is a file for every reason, and each has a title of its own', async t => {
  const source = await readFile('src/errors.ts', 'utf8')
  const reasons = [...source.matchAll(/'(IMAGE_[A-Z_]+)'/g)].map(([, code]) => code)
    // Held against the request, in request.test.ts, or no fault of the file's.
    .filter(code => !/_(ARCHITECTURE|BINARIES|DIGEST|NAME)_MISMATCH$|_VERIFIER_FAILED$/.test(code!))
  t.same([...new Set(FILES.map(({ code }) => code))].sort(), reasons.sort())
  t.equal(new Set(FILES.map(({ title }) => title)).size, FILES.length)
  t.comment(`${FILES.length} hostile files`)
})
