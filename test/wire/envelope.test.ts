import t from 'tap'
import { JsonText, NO_SUCH_ROUTE, printEnvelope } from '../../src/wire/envelope.js'

t.test('an answer is printed as Python prints it', async (t) => {
  t.equal(printEnvelope({ success: true, message: '', result: ['a', 'b'] }),
    '{"success": true, "message": "", "result": ["a", "b"]}\n')
  t.equal(printEnvelope({ success: false, message: 'no', result: null }),
    '{"success": false, "message": "no", "result": null}\n')
  t.equal(printEnvelope({ message: 'Internal Server Error' }), '{"message": "Internal Server Error"}\n')
  t.equal(printEnvelope({}), '{}\n')
  t.equal(printEnvelope({ success: true, message: '', result: { none: [], nothing: {}, size: 12, last: -1.5 } }),
    '{"success": true, "message": "", "result": {"none": [], "nothing": {}, "size": 12, "last": -1.5}}\n')
})

t.test('an answer is ASCII, with the escapes of Python', async (t) => {
  t.equal(printEnvelope({ message: 'é😀\x7f\u2028 "\\/\b\f\n\r\t\x01\x1f \ud800' }),
    '{"message": "\\u00e9\\ud83d\\ude00\\u007f\\u2028 \\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f \\ud800"}\n')
  t.equal(printEnvelope({ é: 1 }), '{"\\u00e9": 1}\n')
})

t.test('an undefined member is left out', async (t) => {
  t.equal(printEnvelope({ success: true, message: '', result: { after: undefined, ids: [] } }),
    '{"success": true, "message": "", "result": {"ids": []}}\n')
})

t.test('a value that is JSON already keeps its digits, keys and their order', async (t) => {
  const document = new JsonText('{"b":1.0,"a":12345678901234567890123,"2":[1e400,{}],"1":"é\\u00e9"}')
  const printed = '{"b": 1.0, "a": 12345678901234567890123, "2": [1e400, {}], "1": "\\u00e9\\u00e9"}'
  t.equal(printEnvelope({ success: true, message: '', result: document }),
    `{"success": true, "message": "", "result": ${printed}}\n`)
  t.equal(printEnvelope({ success: true, message: '', result: { items: [document], after: 'x' } }),
    `{"success": true, "message": "", "result": {"items": [${printed}], "after": "x"}}\n`)
})

t.test('the 404 of an unknown path is compact with its keys sorted', async (t) => {
  const { message, status_code: status, ...rest } = JSON.parse(NO_SUCH_ROUTE)
  t.match(message, /^404 Not Found: The requested URL was not found on the server\. If you entered/)
  t.equal(status, 404)
  t.strictSame(rest, {})
  t.equal(NO_SUCH_ROUTE, JSON.stringify({ message, status_code: status }) + '\n')
})
