import { connect } from 'node:net'
import { performance } from 'node:perf_hooks'
import t from 'tap'
import { temporaryFolder } from './app.js'
import { Random } from './random.js'
import { startService } from './service.js'

const SECONDS = Number(process.env['LEPORELLO_FUZZ_SECONDS'] ?? 3)
const SEED = Number(process.env['LEPORELLO_FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

const AT_ONCE = 16

const PATHS = ['/container/add', '/container/info', '/container', '/container/list', '/container/remove', '/job_spec/add',
  '/job_spec/type', '/job_spec', '/hysds_io/add', '/hysds_io', '/api/v0.1/doc/', '/api/v0.2/swagger.json', '/health/ready', '/nosuch']
const TYPES = ['application/x-www-form-urlencoded', 'application/json', 'multipart/form-data; boundary=b', 'text/plain', ';;', '']
const BODIES = [
  'name=c%3A1&version=1&digest=d&url=u&urls=%7B%22x86_64%22%3A%20%22u%22%7D',
  '{"name": "c:1", "version": "1", "digest": "d", "urls": {"x86_64": "u"}, "spec": {"id": "x", "n": 1.0}}',
  'spec={"id": "job:1", "params": [{"a": 1e400}, "\\ud800", {"__proto__": null}]}',
  '--b\r\nContent-Disposition: form-data; name="name"\r\n\r\nc:1\r\n--b\r\nContent-Disposition: form-data; name="spec"; ' +
    'filename="x"\r\n\r\n{}\r\n--b--\r\n'
]
const HEADERS = ['X-Fields: {success,result{id,*}}', 'X-Script-Name: /mozart', 'Origin: https://x', 'Expect: 100-continue',
  'Access-Control-Request-Method: POST', 'X-Forwarded-For: 1.2.3.4', 'X-Request-Id: a', 'Content-Encoding: gzip', 'Range: bytes=0-']

t.test(`${SECONDS} s of damaged requests (LEPORELLO_FUZZ_SEED=${SEED}) get no 5xx and crash nothing`, async t => {
  const service = await startService(t, { LEPORELLO_DATA_DIR: await temporaryFolder(t) })
  const { hostname, port } = new URL(service.url)
  const random = new Random(SEED)
  const end = performance.now() + SECONDS * 1000
  const statuses = new Map<string, number>()
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    while (performance.now() < end && service.process.exitCode === null) {
      const bytes = damaged(random, wellFormed(random))
      const answer = await exchange(hostname, Number(port), bytes, random.below(8) === 0)
      const status = /^HTTP\/1\.1 (\d\d\d)/.exec(answer)?.[1] ?? 'none'
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
      if (status.startsWith('5')) t.fail(`${status} to ${JSON.stringify(bytes.toString('latin1'))}`)
      if (service.process.exitCode !== null) t.fail(`ended at or near ${JSON.stringify(bytes.toString('latin1'))}`)
    }
  }))
  t.equal(service.errors(), '')
  t.same(service.log.filter(({ level }) => Number(level) >= 50), [], 'nothing at error')
  t.ok((statuses.get('200') ?? 0) > 0, 'some get through')
  t.ok((statuses.get('400') ?? 0) > 0, 'some do not')
  t.comment(`${[...statuses].sort().map(([status, n]) => `${n} x ${status}`).join(', ')}`)
  t.equal((await fetch(`${service.url}/health/ready`)).status, 200)
})

function wellFormed (random: Random): Buffer {
  const method = random.pick(['GET', 'POST', 'DELETE', 'HEAD', 'OPTIONS', 'PUT'])
  const body = Buffer.from(random.pick(BODIES), 'utf8')
  const query = random.pick(['', '?id=c%3A1', `?${BODIES[0]}`, '?%zz&=&&a', `?id=${'x'.repeat(600)}`])
  const headers = [random.pick(HEADERS), random.pick(HEADERS), `Content-Type: ${random.pick(TYPES)}`, `Content-Length: ${body.length}`]
  const base = random.pick(['', '/api/v0.1', '/api/v0.2', '/mozart', '//'])
  return Buffer.concat([
    Buffer.from(`${method} ${base}${random.pick(PATHS)}${query} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${headers.join('\r\n')}\r\n\r\n`),
    body
  ])
}

/** Some bytes flipped, cut out, doubled or put in; now and then none. */
function damaged (random: Random, bytes: Buffer): Buffer {
  let result = bytes
  for (let n = random.below(4); n > 0; n--) {
    const at = random.below(result.length)
    const [before, after] = [result.subarray(0, at), result.subarray(at)]
    const change = random.below(4)
    if (change === 0) result = Buffer.concat([before, Buffer.of(random.below(256)), after.subarray(1)])
    if (change === 1) result = Buffer.concat([before, after.subarray(1 + random.below(8))])
    if (change === 2) result = Buffer.concat([before, after.subarray(0, random.below(30)), after])
    if (change === 3) result = Buffer.concat([before, Buffer.from(random.pick(['%', '\0', '"', '\\', '{', '\r\n', '\u00ff', '%00', '__proto__'])), after])
  }
  return result
}

/** Long past any answer; a request that is cut short waits for the rest until it is given up. */
const PATIENCE_MS = 100

/** Sends the bytes, and half-closes if told to; resolves to what comes back, which may be nothing. */
function exchange (host: string, port: number, bytes: Buffer, halfClose: boolean): Promise<string> {
  return new Promise(resolve => {
    const chunks: Buffer[] = []
    const socket = connect({ host, port })
    socket.setTimeout(PATIENCE_MS, () => socket.destroy())
    socket.on('data', chunk => chunks.push(chunk))
    socket.on('error', () => {})
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('latin1')))
    if (halfClose) socket.end(bytes)
    else socket.write(bytes)
  })
}
