import t from 'tap'
import { parseDocument } from '../../src/image/metadata/json-document.js'

const parsed = (text: string) => parseDocument(Buffer.from(text), 'config.json')

t.test('gives each object its own keys, whatever was parsed before', async t => {
  t.strictSame(Object.keys(parsed('{"a":{},"\\\\":1}') as object), ['a', '\\'])
  t.strictSame(Object.keys(parsed('{"a":{},"\\u00f8":1}') as object), ['a', 'ø'])
})

t.test('gives the value that the text says, and NaN for what Go takes for no whole number', async t => {
  const text = '{"list":[1,-25,2.5e3,"\\ud83d\\ude00\\n\\"",[],{}],"deep":{"yes":true,"no":false,"none":null},"":0}'
  t.strictSame(parsed(text), {
    list: [1, -25, NaN, '😀\n"', [], {}], deep: { yes: true, no: false, none: null }, '': 0
  })
  for (const [scalar, value] of [['"x"', 'x'], ['7', 7], ['null', null], [' [] ', []]] as const) {
    t.strictSame(parsed(scalar), value)
  }
})

t.test('a key __proto__ is a member as any other', async t => {
  const value = parsed('{"__proto__":{"architecture":"arm64"}}') as Record<string, unknown>
  t.strictSame(Object.keys(value), ['__proto__'])
  t.equal(value['architecture'], undefined)
})

t.test('refuses what is no JSON, repeats a key or is nested too deeply', async t => {
  for (const text of ['', '{', '{"a":1,}', '[01]', '// no\n1', '{} {}', '"\t"', "{'a':1}", '\ufeff{}']) {
    t.throws(() => parsed(text), { code: 'IMAGE_METADATA_INVALID' }, text)
  }
  t.throws(() => parsed('{"a":1,"\\u0061":2}'), { code: 'IMAGE_AMBIGUOUS' })
  t.throws(() => parsed('['.repeat(65) + ']'.repeat(65)), { code: 'IMAGE_METADATA_INVALID' })
  t.throws(() => parseDocument(Buffer.from([0x22, 0xff, 0x22]), 'x'), { code: 'IMAGE_METADATA_INVALID' })
})
