import t from 'tap'
import { compactJson } from '../../src/domain/compact-json.js'
import { pythonJson } from '../../src/domain/python-json.js'
import { RandomJson } from './random-json.js'

t.test('it prints as json.dumps does', async t => {
  const printed: ReadonlyArray<readonly [json: string, python: string]> = [
    ['{}', '{}'], [' [ ] ', '[]'], ['""', '""'], ['null', 'null'],
    ['{"a":1,"b":[1,2.50,{"c":null}]}', '{"a": 1, "b": [1, 2.50, {"c": null}]}'],
    ['{"a": 1, "b": [1, 2]}', '{"a": 1, "b": [1, 2]}'],
    ['{\r\n\t"a" : [\n1 ,\n2\n]\n}\n', '{"a": [1, 2]}'],
    ['{"a:b,c":"d: e,f","\\\\":"\\\\\\"x,y\\\\"}', '{"a:b,c": "d: e,f", "\\\\": "\\\\\\"x,y\\\\"}'],
    ['{"urls":"{\\"x86_64\\": \\"u\\",\\"amd64\\":\\"u\\"}","id":"a"}',
      '{"urls": "{\\"x86_64\\": \\"u\\",\\"amd64\\":\\"u\\"}", "id": "a"}'],
    ['["é","\u007f","\u2028","😀","\\u00e9"]', '["\\u00e9", "\\u007f", "\\u2028", "\\ud83d\\ude00", "\\u00e9"]'],
    ['{"é":1}', '{"\\u00e9": 1}'],
    ['[12345678901234567890123,1e5,-0.0]', '[12345678901234567890123, 1e5, -0.0]']
  ]
  for (const [json, python] of printed) t.equal(pythonJson(json), python)
})

t.test('the printed text is ASCII, has the same value and prints to itself', async t => {
  const random = new RandomJson(41)
  for (let round = 0; round < 10_000; round++) {
    const json = random.text()
    const printed = pythonJson(json)
    // Not by JSON.parse: that of Node 24.21 takes a key "\u00f8" for the "\\" of an earlier text of the same shape.
    if (compactJson(printed) !== compactJson(json)) t.fail(json)
    if (printed !== pythonJson(printed) || /[^ -~]/.test(printed)) t.fail(json)
  }
})

t.test('it ends on what is not JSON', async t => {
  for (const text of ['', '"', '"\\', '"\\"', '{"a', ':"', '\\"']) t.type(pythonJson(text), 'string')
})
