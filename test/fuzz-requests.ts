import type { Random } from './random.js'

/** Stands in the place of a password; a log that holds it has leaked one. */
export const SECRET = 'FUZZSECRET'

const SECRET_URL = `s3://KEY:${SECRET}@b/x`
const ENCODED_URL = encodeURIComponent(SECRET_URL)

/** A job spec that masks can go down into. */
export const DEEP_SPEC = `{"id": "deep", "a": ${nested('{"b": [], "a": ', 400, '}')}}`

const METHODS = ['GET', 'POST', 'DELETE', 'HEAD', 'OPTIONS', 'PUT']
const BASES = ['', '/api/v0.1', '/api/v0.2', '/mozart', '//']
const PATHS = [
  '/container/add', '/container/info', '/container', '/container/list', '/container/remove', '/job_spec/add',
  '/job_spec/type', '/job_spec', '/hysds_io/add', '/hysds_io', '/api/v0.1/doc/', '/api/v0.2/swagger.json',
  '/health/ready', '/nosuch', `/${SECRET_URL}`, `/container/${SECRET_URL}`, `/container/${ENCODED_URL}`
]
const FORM = 'name=c%3A1&version=1&digest=d&url=u&urls=%7B%22x86_64%22%3A%20%22u%22%7D'
const QUERIES = [
  '', '?id=c%3A1', '?id=deep', `?${FORM}`, '?%zz&=&&a', `?id=${'x'.repeat(600)}`,
  `?id=${ENCODED_URL}`, `?id=${ENCODED_URL}%00`, `?id=${ENCODED_URL}${'x'.repeat(600)}`
]
const TYPES = [
  'application/x-www-form-urlencoded', 'application/json', 'multipart/form-data; boundary=b', 'text/plain', ';;', ''
]
const BODIES = [
  FORM,
  '{"name": "c:1", "version": "1", "digest": "d", "urls": {"x86_64": "u"}, "spec": {"id": "x", "n": 1.0}}',
  'spec={"id": "job:1", "params": [{"a": 1e400}, "\\ud800", {"__proto__": null}]}',
  '--b\r\nContent-Disposition: form-data; name="name"\r\n\r\nc:1\r\n--b\r\nContent-Disposition: form-data; ' +
    'name="spec"; filename="x"\r\n\r\n{}\r\n--b--\r\n',
  `spec=${DEEP_SPEC}`,
  `spec={"id": "deeper", "a": ${nested('[', 900, ']')}}`,
  `{"spec": {"id": "deepest", "a": ${nested('[{"a": ', 10_000, '}]')}}}`,
  `name=c%3A1&version=1&digest=d&url=${ENCODED_URL}`,
  `name=c%3A1&version=1&digest=d&url=${ENCODED_URL}%2F`,
  `name=${ENCODED_URL}&version=${ENCODED_URL}&digest=${ENCODED_URL}&url=u`,
  `{"name": "c:1", "version": "1", "digest": "d", "urls": {"${SECRET_URL}": "u"}}`,
  `{"name": "c:1", "version": "1", "digest": "d", "urls": {"x86_64": "${SECRET_URL}", "amd64": "${SECRET_URL}y"}}`,
  `spec={"id": "${SECRET_URL}\\u0000"}&id=${ENCODED_URL}%00`
]
const MASKS = [
  '{success,result{id,*}}', 'success{a}', 'message{a}', 'message{*}', 'result{id}', 'result{id{a}}', 'result{*}',
  `result${nested('{a', 3, '}')}`, `result${nested('{a', 400, '}')}`, `result${nested('{a', 20_000, '}')}`,
  `result${nested('{*,a', 300, '}')}`, '{'.repeat(1000), '}'.repeat(1000), 'result{a', '*{*}', ',', '__proto__{a}'
]
const HEADERS = [
  'X-Script-Name: /mozart', 'Origin: https://x', 'Expect: 100-continue', 'Access-Control-Request-Method: POST',
  'X-Forwarded-For: 1.2.3.4', 'X-Request-Id: a', 'Content-Encoding: gzip', 'Range: bytes=0-'
]
const SCRAPS = ['%', '\0', '"', '\\', '{', '\r\n', '\u00ff', '%00', '__proto__']

/** Text within so many brackets; a member of an object needs a value at the bottom. */
function nested (open: string, depth: number, close: string): string {
  return `${open.repeat(depth)}${open.endsWith(' ') ? '1' : ''}${close.repeat(depth)}`
}

/** A request that is valid HTTP, whatever it asks for; every eighth or so asks for the deep job spec. */
export function wellFormed (random: Random): Buffer {
  const target = random.below(8) === 0
    ? 'GET /job_spec/type?id=deep'
    : `${random.pick(METHODS)} ${random.pick(BASES)}${random.pick(PATHS)}${random.pick(QUERIES)}`
  const body = Buffer.from(random.pick(BODIES), 'utf8')
  const headers = [
    'Host: localhost', 'Connection: close', random.pick(HEADERS), `X-Fields: ${random.pick(['', random.pick(MASKS)])}`,
    `Content-Type: ${random.pick(TYPES)}`, `Content-Length: ${body.length}`
  ]
  return Buffer.concat([Buffer.from(`${target} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`), body])
}

/** Up to three times some bytes flipped, cut out, doubled or put in; now and then none, and then the same buffer. */
export function damaged (random: Random, bytes: Buffer): Buffer {
  const times = random.below(4)
  // What is left of a url that is damaged need not be a url, so nobody can tell a secret in it.
  let result = times === 0 ? bytes : Buffer.from(bytes.toString('latin1').replaceAll(SECRET, 'DAMAGEDURL'), 'latin1')
  for (let n = 0; n < times; n++) {
    const at = random.below(random.pick([result.length, Math.min(result.length, 1000)]))
    const [before, after] = [result.subarray(0, at), result.subarray(at)]
    const change = random.below(4)
    if (change === 0) result = Buffer.concat([before, Buffer.of(random.below(256)), after.subarray(1)])
    if (change === 1) result = Buffer.concat([before, after.subarray(1 + random.below(8))])
    if (change === 2) result = Buffer.concat([before, after.subarray(0, random.below(30)), after])
    if (change === 3) result = Buffer.concat([before, Buffer.from(random.pick(SCRAPS)), after])
  }
  return result
}

/** Whether the headers end and as much body follows as they announce: nobody has to wait for more. */
export function isComplete (bytes: Buffer): boolean {
  const request = bytes.toString('latin1').replace(/^[\r\n]+/, '')
  const end = request.indexOf('\r\n\r\n')
  if (end === -1) return false
  const announced = /^content-length:[ \t]*(\d+)/im.exec(request.slice(0, end))?.[1] ?? '0'
  return request.length - end - 4 >= Number(announced)
}
