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
  })
}
