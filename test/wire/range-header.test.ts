import t from 'tap'
import { listsEntityTag, parseRange } from '../../src/wire/range-header.js'

t.test('one range of bytes is understood in its three forms', async t => {
  t.same(parseRange('bytes=0-9'), { first: 0, last: 9 })
  t.same(parseRange('bytes=5-'), { first: 5 })
  t.same(parseRange('bytes=-5'), { suffix: 5 })
})

t.test('what else is asked for is answered with the whole', async t => {
  for (const header of [undefined, '', 'bytes=', 'bytes=-', 'bytes=9-0', 'bytes=0-1,3-4', 'items=0-1', 'bytes=a-b', 'bytes 0-1']) {
    t.equal(parseRange(header), undefined, String(header))
  }
})

t.test('If-None-Match lists tags, weak ones included, or means all', async t => {
  for (const header of ['"a"', '"b", "a"', 'W/"a"', '*']) t.ok(listsEntityTag(header, '"a"'), header)
  for (const header of [undefined, '', '"b"', 'a']) t.notOk(listsEntityTag(header, '"a"'), String(header))
})
