import t from 'tap'
import { elements, members } from '../../../src/adapters/search/json-text.js'

const DOCUMENTS = [
  '{}', '{ }', '[]', '""', 'null', 'true', '-1.50e+10', '12345678901234567890123', '"}"', '"\\""', '"\\\\"',
  '"\\\\\\""',
  '{"a":{"b":["}",{"c":"]"}]}}', '[[],[[]],{}]', '"\\u0022{"', '{"\\"}":"{\\\\"}', '"日本語 \u{1f600}"', '{"":{"":""}}'
]

t.test('members are cut out exactly, whatever they hold and however they are printed', t => {
  for (const [before, after] of [['', ''], [' ', '\n'], ['\r\n\t', '  ']] as const) {
    const text = `${before}{${before}${DOCUMENTS.map((value, n) =>
      `${before}"k\\n${n}"${after}:${before}${value}${after}`).join(',')}}${after}`
    const cut = [...members(text)].map(({ key, start, end }) => [key, text.slice(start, end)])
    t.same(cut, DOCUMENTS.map((value, n) => [`k\n${n}`, value]))
  }
  t.same([...members('{}')], [])
  t.same([...members(' { } ')], [])
  t.end()
})

t.test('elements are cut out exactly', t => {
  const text = `{"docs" : [ ${DOCUMENTS.join(' , ')} ], "more": 1}`
  const [docs, more] = [...members(text)]
  t.same([...elements(text, docs!.start)].map(({ start, end }) => text.slice(start, end)), DOCUMENTS)
  t.equal(text.slice(more!.start, more!.end), '1')
  t.same([...elements('[ ]', 0)], [])
  t.end()
})

t.test('text that ends too early is a syntax error, not an endless walk', t => {
  const whole = '{"docs":[{"_id":"a","_source":{"b":["c\\"",1]}}]}'
  for (let length = 0; length < whole.length; length++) {
    t.throws(() => [...members(whole.slice(0, length))], { name: 'SyntaxError' }, whole.slice(0, length))
  }
  t.throws(() => [...members('<html></html>')], { name: 'SyntaxError' })
  t.end()
})
