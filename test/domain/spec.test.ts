import t from 'tap'
import { parseSpec } from '../../src/domain/spec.js'

t.test('a spec is its id and its text on one line', async t => {
  t.same(parseSpec('\n{ "id" : "job-x:1.0",\n "time": 1.0, "2": 12345678901234567890123, "1": [ ] }\n'),
    { id: 'job-x:1.0', json: '{"id":"job-x:1.0","time":1.0,"2":12345678901234567890123,"1":[]}' })
  t.same(parseSpec('{"id":"a","id":"\\u0062"}'), { id: 'b', json: '{"id":"b"}' })
  t.same(parseSpec('{"x":{"id":5},"id":"a"}'), { id: 'a', json: '{"x":{"id":5},"id":"a"}' })
})

t.test('what is no spec is refused with what was found', async t => {
  const refused: ReadonlyArray<readonly [text: string, message: string]> = [
    ['[]', 'spec must be a JSON object, not a list'], ['"x"', 'spec must be a JSON object, not a string'],
    ['5', 'spec must be a JSON object, not a number'], ['null', 'spec must be a JSON object, not null'],
    ['true', 'spec must be a JSON object, not true or false'],
    ['{}', 'spec has no "id"'], ['{"x":{"id":"a"}}', 'spec has no "id"'],
    ['{"id":7}', 'the id of spec must be a string, not a number'],
    ['{"id":null}', 'the id of spec must be a string, not null'],
    ['{"id":["a"]}', 'the id of spec must be a string, not a list'],
    ['{"id":"a","id":1}', 'the id of spec must be a string, not a number'],
    ['', 'spec is not valid JSON: it is empty'],
    ['{"id":"a"', 'spec is not valid JSON: it ends too early'],
    ['{"id":"a"} x', 'spec is not valid JSON: unexpected "x" at line 1, column 12'],
    ['{"id":"a",\n"n":NaN}', 'unexpected "N" at line 2, column 5; JSON has no NaN and no Infinity'],
    ['{"id":"a","n":-Infinity}', 'JSON has no NaN and no Infinity'],
    ["{'id':'a'}", 'json.dumps prints JSON'],
    [`{"id":"a","x":${'['.repeat(50_000)}${']'.repeat(50_000)}}`, 'spec is not valid JSON: it is nested too deeply']
  ]
  for (const [text, message] of refused) {
    t.throws(() => parseSpec(text), { code: 'SPEC_INVALID', message }, message)
  }
})

t.test('an id that no document can have is refused as an id', async t => {
  t.throws(() => parseSpec('{"id":""}'), { code: 'ID_INVALID', message: 'the id of spec is empty' })
  t.throws(() => parseSpec('{"id":"a\\n"}'), { code: 'ID_INVALID', message: 'the id of spec has the control' })
  t.throws(() => parseSpec('{"id":".."}'), { code: 'ID_INVALID', message: 'the id of spec is ".."' })
  t.throws(() => parseSpec('{"id":"\\ud800"}'), { code: 'ID_INVALID', message: 'lone surrogate' })
})
