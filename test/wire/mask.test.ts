import t from 'tap'
import { JsonText, printEnvelope, type Envelope } from '../../src/wire/envelope.js'
import { applyMask, MaskError, parseMask } from '../../src/wire/mask.js'

const DOCUMENT = '{"id":"a","url":null,"size":12345678901234567890123,' +
  '"n":{"x":1.0,"y":[{"p":1,"q":2},{"p":3}]},"1":"one"}'
const INFO: Envelope = { success: true, message: '', result: new JsonText(DOCUMENT) }
const LIST: Envelope = { success: true, message: '', result: ['a', 'b'] }
const REMOVED: Envelope = { success: true, message: 'gone' }
const UNKNOWN: Envelope = { success: false, message: '', result: null }

const masked = (header: string, answer: Envelope) => printEnvelope(applyMask(parseMask(header), answer)).trimEnd()

// Answers of flask-restx 1.3.2 to the same masks over the same models.
const ANSWERS: ReadonlyArray<readonly [header: string, answer: Envelope, body: string]> = [
  ['success', REMOVED, '{"success": true}'],
  ['{success}', REMOVED, '{"success": true}'],
  ['{ message , success }', REMOVED, '{"message": "gone", "success": true}'],
  ['message;success', REMOVED, '{"message": "gone", "success": true}'],
  ['success,', REMOVED, '{"success": true}'],
  ['success,success', REMOVED, '{"success": true}'],
  ['success,result', REMOVED, '{"success": true}'],
  ['nope,SUCCESS,__proto__', REMOVED, '{}'],
  ['{}', REMOVED, '{}'],
  ['!', REMOVED, '{}'],
  ['*', REMOVED, '{"success": true, "message": "gone"}'],
  ['message,*', REMOVED, '{"message": "gone", "success": true}'],
  ['*,message', REMOVED, '{"message": "gone", "success": true}'],
  ['result,success', LIST, '{"result": ["a", "b"], "success": true}'],
  ['{result{id,url}}', INFO, '{"result": {"id": "a", "url": null}}'],
  ['result{url,zzz,id}success', INFO, '{"result": {"url": null, "id": "a"}, "success": true}'],
  ['result{size,1}', INFO, '{"result": {"size": 12345678901234567890123, "1": "one"}}'],
  ['result{n{y{q}}}', INFO, '{"result": {"n": {"y": [{"q": 2}, {}]}}}'],
  ['result{n{x},*}', INFO, '{"result": {"n": {"x": 1.0}, "id": "a", "url": null, ' +
    '"size": 12345678901234567890123, "1": "one"}}'],
  ['result{n{}}', INFO, '{"result": {"n": {}}}'],
  ['result{url{a},__proto__,constructor}', INFO, '{"result": {}}'],
  ['result{id},message,result{1}', INFO, '{"result": {"1": "one"}, "message": ""}'],
  ['result{}', LIST, '{"result": ["a", "b"]}'],
  ['result{id}', UNKNOWN, '{"result": null}'],
  ['result{id}', { ...INFO, result: [new JsonText(DOCUMENT), { id: 'b', url: 'u' }] },
    '{"result": [{"id": "a"}, {"id": "b"}]}'],
  ['result{id}', { ...INFO, result: new JsonText('{"id":1,"x":2,"\\u0069d":3}') }, '{"result": {"id": 3}}']
]

for (const [header, answer, body] of ANSWERS) {
  t.test(`X-Fields ${header} selects ${body}`, async (t) => t.equal(masked(header, answer), body))
}

const REFUSALS: ReadonlyArray<readonly [header: string, message: string]> = [
  ['{success', 'Missing closing bracket'],
  ['{', 'Missing closing bracket'],
  ['result{id', 'Missing closing bracket'],
  ['{result{id}', 'Missing closing bracket'],
  ['{success} , result', 'Missing closing bracket'],
  ['*{', 'Missing closing bracket'],
  ['success}', 'Unexpected closing bracket'],
  ['{success}}', 'Unexpected closing bracket'],
  ['{{success}}', 'Unexpected opening bracket'],
  ['result{id}{url}', 'Unexpected opening bracket'],
  ['result,{id}', 'Unexpected opening bracket'],
  [',success', 'Unexpected comma'],
  ['success,,result', 'Unexpected comma'],
  ['result{,id}', 'Unexpected comma']
]

for (const [header, message] of REFUSALS) {
  t.test(`X-Fields ${header} is refused: ${message}`, async (t) => {
    t.throws(() => parseMask(header), new MaskError(`Mask parse error: ${message}`))
  })
}

t.test('a blank X-Fields asks for everything', async (t) => {
  t.equal(masked(' ', REMOVED), '{"success": true, "message": "gone"}')
})

t.test('a nested mask over something without members is refused', async (t) => {
  for (const header of ['success{a}', 'message{}', 'result{id}', 'result{id{a}}']) {
    t.throws(() => masked(header, header === 'result{id}' ? LIST : INFO),
      new MaskError('Mask error: Mask is inconsistent with model'), header)
  }
})

t.test('a mask of many brackets is parsed without recursion', async (t) => {
  t.equal(masked('result{'.repeat(50_000) + '}'.repeat(50_000), UNKNOWN), '{"result": null}')
})

t.test('what a mask costs of each item of a list is not the length of the mask', async t => {
  const names = Array.from({ length: 20_000 }, (_, n) => `n${n}`)
  let [read, mask] = [0, new Map<string, true>(names.map(name => [name, true]))]
  mask = new Proxy(mask, {
    get: (target, property) => {
      if (property === 'keys' || property === Symbol.iterator || property === 'entries') read += target.size
      const value = Reflect.get(target, property, target) as unknown
      return typeof value === 'function' ? value.bind(target) as unknown : value
    }
  })
  const items = new JsonText(`[${Array.from({ length: 1000 }, () => '{"n7":1,"x":2,"n3":3}').join()}]`)
  const { result } = applyMask(new Map([['result', mask]]), { success: true, message: '', result: items })
  t.equal((result as JsonText).text, `[${Array.from({ length: 1000 }, () => '{"n3":3,"n7":1}').join()}]`)
  t.ok(read <= 2 * names.length, `${read} names were gone through`)
})
