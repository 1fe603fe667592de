import t from 'tap'
import { byUtf8 } from '../../../src/adapters/search/listing.js'

t.test('text is compared as its UTF-8 bytes are', t => {
  const texts = [
    '', 'a', 'ab', 'b', 'é', '\u07ff', '\ud7ff', '\ue000', '\uffff', '\u{10000}', '\u{1f600}', '\u{1f600}a',
    '\u{10ffff}', 'a\u{10000}', 'a\uffff'
  ]
  for (const a of texts) {
    for (const b of texts) {
      t.equal(Math.sign(byUtf8(a, b)), Buffer.compare(Buffer.from(a), Buffer.from(b)), JSON.stringify([a, b]))
    }
  }
  t.end()
})
