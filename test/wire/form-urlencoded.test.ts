import t from 'tap'
import { parseFormBody, parseUrlEncoded } from '../../src/wire/form-urlencoded.js'

const CASES: ReadonlyArray<readonly [fact: string, text: string, pairs: ReadonlyArray<readonly [string, string]>]> = [
  ['nothing is no pairs', '', []],
  ['the first occurrence of a key wins', 'id=a&name=x&id=b', [['id', 'a'], ['name', 'x']]],
  ['an empty first occurrence wins too', 'id=&id=b', [['id', '']]],
  ['keys are case-sensitive', 'id=a&ID=b', [['id', 'a'], ['ID', 'b']]],
  ['a plus is a space, in keys as well', 'a+b=c+d', [['a b', 'c d']]],
  ['an encoded plus is a plus', 'a=c%2Bd', [['a', 'c+d']]],
  ['a semicolon separates nothing', 'a=1;b=2', [['a', '1;b=2']]],
  ['a blank value is kept', 'a=', [['a', '']]],
  ['a key without an equals sign is empty', 'a&b=1', [['a', ''], ['b', '1']]],
  ['a value may hold equals signs', 'a=b=c', [['a', 'b=c']]],
  ['an empty key is a key', '=a', [['', 'a']]],
  ['empty pairs are nothing', '&&a=1&&', [['a', '1']]],
  ['values are not trimmed', 'a=%20x%20', [['a', ' x ']]],
  ['encoded separators separate nothing', 'a=b%26c%3Dd', [['a', 'b&c=d']]],
  ['percent-encoded UTF-8 is decoded', 'a=uni%C3%A9%f0%9f%98%80', [['a', 'unié😀']]],
  ['plain UTF-8 is itself', 'é=😀', [['é', '😀']]],
  ['a NUL is a character', 'a=%00', [['a', '\0']]],
  ['a byte order mark is a character', 'a=%EF%BB%BFx', [['a', '\ufeffx']]],
  ['a byte that is not UTF-8 remains percent text', 'a=%E9&%E9=+%41', [['a', '%E9'], ['%E9', ' A']]],
  ['which is in upper case', 'a=%e9%c3%a9', [['a', '%E9é']]],
  ['a cut sequence remains percent text', 'a=%F0%9F%98', [['a', '%F0%9F%98']]],
  ['a sequence cut by a plain character does too', 'a=%C3(%A9', [['a', '%C3(%A9']]],
  ['an overlong sequence does too', 'a=%C0%AF%E0%80%AF%F0%8F%BF%BF', [['a', '%C0%AF%E0%80%AF%F0%8F%BF%BF']]],
  ['a surrogate does too', 'a=%ED%A0%80', [['a', '%ED%A0%80']]],
  ['what is past the last code point does too', 'a=%F4%90%80%80%F8', [['a', '%F4%90%80%80%F8']]],
  ['the borders of the code points are decoded beside it', 'a=%FF%F4%8F%BF%BF%ED%9F%BF%EE%80%80%DF%BF%F0%90%80%80',
    [['a', '%FF\u{10ffff}\ud7ff\ue000\u07ff\u{10000}']]],
  ['a real replacement character is not mistaken for a bad byte', 'a=%EF%BF%BD%FF', [['a', '\ufffd%FF']]],
  ['a percent sign without two digits remains', 'a=%zz%4&b=%&c=100%+%41',
    [['a', '%zz%4'], ['b', '%'], ['c', '100% A']]],
  ['names of Object.prototype are keys like any other', '__proto__=a&constructor=b',
    [['__proto__', 'a'], ['constructor', 'b']]]
]

for (const [fact, text, pairs] of CASES) {
  t.test(fact, async (t) => t.strictSame([...parseUrlEncoded(text)], pairs))
}

t.test('a body that is not UTF-8 is no body', async (t) => {
  t.equal(parseFormBody(Buffer.from([0x61, 0x3d, 0xe9])), undefined)
  t.strictSame(parseFormBody(Buffer.from('a=é')), new Map([['a', 'é']]))
  t.strictSame(parseFormBody(Buffer.alloc(0)), new Map())
})

t.test('of a query, what comes after a thousand pairs is not read; a body of more is refused', async (t) => {
  const text = Array.from({ length: 1001 }, (_, i) => `k${i}=${i}`).join('&')
  t.equal(parseUrlEncoded(text).size, 1000)
  t.equal(parseUrlEncoded(text).get('k999'), '999')
  t.throws(() => parseFormBody(Buffer.from(text)), { code: 'TOO_LARGE', message: /1000 fields/ })
  t.equal(parseFormBody(Buffer.from(text.slice(0, text.lastIndexOf('&'))))?.size, 1000)
})
