import t from 'tap'
import { parseJson } from '../../src/domain/json-text.js'
import { RandomJson } from './random-json.js'

const compactJson = (text: string) => parseJson(text).compact()

t.test('numbers keep their digits', async t => {
  for (const number of ['1.0', '12345678901234567890123', '1e5', '1E+05', '-0', '-0.0', '0.10', '1e999']) {
    t.equal(compactJson(` [ ${number} , {"a" : ${number}} ] `), `[${number},{"a":${number}}]`)
  }
})

t.test('keys keep their order, and the last of a repeated key stands first', async t => {
  t.equal(compactJson('{"b": 1, "10": 2, "__proto__": 3, "2": 4, "a": {"9": 1, "1": 2}}'),
    '{"b":1,"10":2,"__proto__":3,"2":4,"a":{"9":1,"1":2}}')
  t.equal(compactJson('{"a": 1, "b": 2, "a": {"c": 1, "c": 2}}'), '{"a":{"c":2},"b":2}')
  t.equal(compactJson('{"a": 1, "b": 2, "\\u0061": 3}'), '{"a":3,"b":2}')
  t.equal(compactJson('{"__proto__": 1, "__proto__": 2}'), '{"__proto__":2}')
})

t.test('strings are escaped as JSON.stringify does, on one line', async t => {
  t.equal(compactJson('"\\u0041\\/\\n\\u00e9\\ud83d\\ude00\\uD800"'), '"A/\\né😀\\ud800"')
  t.equal(compactJson('"\ud800"'), '"\\ud800"')
  t.equal(compactJson('\r\n{\n\t"a" :\n[ ] , "b":{ } }\n'), '{"a":[],"b":{}}')
})

t.test('the compact text has the same value, on one line, and is its own compact text', async t => {
  const random = new RandomJson(20_241)
  for (let round = 0; round < 3_000; round++) {
    const text = random.text()
    const compact = compactJson(text)
    if (JSON.stringify(JSON.parse(compact)) !== JSON.stringify(JSON.parse(text))) t.fail(text)
    if (compact !== compactJson(compact) || /[\r\n]/.test(compact)) t.fail(text)
  }
})

t.test('a node tells its kind, its string and its members', async t => {
  const kinds = ['an object', 'a list', 'a string', 'a number', 'true or false', 'null']
  t.same(['{}', '[1]', '""', '-1', 'false', 'null'].map(text => parseJson(text).kind), kinds)
  t.equal(parseJson('"a\\u0062"').string, 'ab')
  t.equal(parseJson('1').string, undefined)
  t.same(parseJson('[1]').members, [])
  t.same(parseJson('{"b": 1.0, "a": [2], "b": "x"}').members.map(([key, value]) => [key, value.compact()]),
    [['b', '1.0'], ['a', '[2]'], ['b', '"x"']])
})

t.test('what is not JSON is refused with the place and the likely mistake', async t => {
  const refused: ReadonlyArray<readonly [text: string, message: string | RegExp]> = [
    ['', 'it is empty'], [' \n', 'it is empty'],
    ['{', 'it ends too early'], ['"abc', 'it ends too early'], ['[1,', 'it ends too early'],
    ['{"a"', 'it ends too early'], ['["b", tru', 'it ends too early'], ['["a\\u00', 'it ends too early'],
    ['-', 'it ends too early'],
    ['nope', 'unexpected "n" at line 1, column 1'],
    ['[1,]', 'unexpected "]" at line 1, column 4'],
    ['{"a": 1}\n {', 'unexpected "{" at line 2, column 2'],
    ['[01]', /^unexpected "1"/], ['[.5]', /^unexpected "\."/], ['[+1]', /^unexpected "\+"/],
    ['// c\n1', /^unexpected "\/"/],
    ['["\\x"]', /^unexpected/], ['["\\u12"]', /^unexpected/], ['1 2', 'unexpected "2" at line 1, column 3'],
    ['\u00a01', 'unexpected "\u00a0" at line 1, column 1'], ['[😀]', 'unexpected "😀" at line 1, column 2'],
    ['{"a": NaN}', 'unexpected "N" at line 1, column 7; JSON has no NaN and no Infinity'],
    ['[-Infinity]', /JSON has no NaN and no Infinity$/], ['Infinity', /JSON has no NaN and no Infinity$/],
    ["{'a': 1}", 'unexpected "\'" at line 1, column 2; this looks like a printed Python dict; json.dumps prints JSON'],
    ['{"a": None}', /printed Python dict/], ['[True]', /printed Python dict/], ['[False]', /printed Python dict/],
    ['\ufeff{}', 'unexpected "\ufeff" at line 1, column 1; that is a byte order mark'],
    ['{"a":\n"x\ny"}',
      'unexpected "\\n" at line 2, column 3; control characters are escaped in strings, a line break as \\n'],
    ['"\u0000"', /^unexpected "\\u0000" at line 1, column 2; control characters/],
    ['["in JSON at position 1", x]', 'unexpected "x" at line 1, column 27']
  ]
  for (const [text, message] of refused) t.throws(() => parseJson(text), { name: 'SyntaxError', message }, text)
})

t.test('a text that JSON.parse refuses is refused', async t => {
  const random = new RandomJson(7)
  let refused = 0
  for (let round = 0; round < 3_000; round++) {
    const text = random.text(2)
    const cut = round * 7919 % text.length
    for (const broken of [text.slice(0, cut), text.slice(0, cut) + text.slice(cut + 1)]) {
      try {
        JSON.parse(broken)
      } catch {
        refused++
        try {
          parseJson(broken)
          t.fail(broken)
        } catch (error) {
          if (!(error instanceof SyntaxError)) t.fail(broken)
        }
      }
    }
  }
  t.ok(refused > 1_000)
})

t.test('deep nesting is refused with a sentence', async t => {
  const deep = '['.repeat(100_000) + ']'.repeat(100_000)
  t.throws(() => compactJson(deep), { name: 'SyntaxError', message: 'it is nested too deeply' })
  t.throws(() => parseJson(`{"a":${deep}}`).members, { name: 'SyntaxError', message: 'it is nested too deeply' })
  t.throws(() => parseJson(`${deep}x`), { name: 'SyntaxError' })
  t.throws(() => parseJson('['.repeat(100_000) + 'x'), { name: 'SyntaxError', message: 'it is nested too deeply' })
  t.equal(compactJson('['.repeat(500) + ']'.repeat(500)).length, 1_000)
})
