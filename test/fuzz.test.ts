import { connect } from 'node:net'
import { performance } from 'node:perf_hooks'
import t from 'tap'
import { temporaryFolder } from './app.js'
import { damaged, DEEP_SPEC, isComplete, SECRET, wellFormed } from './fuzz-requests.js'
import { Random } from './random.js'
import { startService } from './service.js'

const SECONDS = Number(process.env['LEPORELLO_FUZZ_SECONDS'] ?? 3)
const SEED = Number(process.env['LEPORELLO_FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

const AT_ONCE = 16

/** Far past any answer to a request that is complete. */
const PATIENCE_MS = 20_000

/** A request that is cut short waits for the rest until it is given up; so does the rest of an answer. */
const IMPATIENCE_MS = 100

t.test(`${SECONDS} s of damaged requests (LEPORELLO_FUZZ_SEED=${SEED}) get no 5xx and leak no secret`, async t => {
  const service = await startService(t, { LEPORELLO_DATA_DIR: await temporaryFolder(t), LEPORELLO_LOG_LEVEL: 'trace' })
  const spec = new URLSearchParams({ spec: DEEP_SPEC })
  t.equal((await fetch(`${service.url}/job_spec/add`, { method: 'POST', body: spec })).status, 200)
  const random = new Random(SEED)
  const end = performance.now() + SECONDS * 1000
  const statuses = new Map<string, number>()
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    while (performance.now() < end && service.process.exitCode === null) {
      const whole = wellFormed(random)
      const bytes = damaged(random, whole)
      const halfClose = random.below(8) === 0
      const status = await exchange(service.url, bytes, halfClose)
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
      if (status.startsWith('5')) t.fail(`${status} to ${printed(bytes)}`)
      if (status === 'none' && bytes === whole && !halfClose) t.fail(`no answer to ${printed(bytes)}`)
      if (service.process.exitCode !== null) t.fail(`ended at or near ${printed(bytes)}`)
    }
  }))
  t.comment(`${[...statuses].sort().map(([status, n]) => `${n} x ${status}`).join(', ')}`)
  t.ok((statuses.get('200') ?? 0) > 0, 'some get through')
  t.ok((statuses.get('400') ?? 0) > 0, 'some do not')
  t.equal((await fetch(`${service.url}/health/ready`)).status, 200)
  t.same(await service.stop(), { code: 0, signal: null })
  t.equal(service.errors(), '')
  t.same(service.log.filter(({ level }) => Number(level) >= 50), [], 'nothing at error')
  t.same(service.log.filter(entry => JSON.stringify(entry).includes(SECRET)).slice(0, 5), [], 'no secret in the log')
})

/** Sends the bytes, and half-closes if told to; resolves to the status that comes back, or `none`. */
function exchange (url: string, bytes: Buffer, halfClose: boolean): Promise<string> {
  const { hostname, port } = new URL(url)
  return new Promise(resolve => {
    let answer = ''
    const socket = connect({ host: hostname, port: Number(port) })
    socket.setTimeout(isComplete(bytes) && !halfClose ? PATIENCE_MS : IMPATIENCE_MS, () => socket.destroy())
    socket.on('data', chunk => {
      answer += chunk.toString('latin1')
      if (statusOf(answer) !== 'none') socket.setTimeout(IMPATIENCE_MS)
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(statusOf(answer)))
    if (halfClose) socket.end(bytes)
    else socket.write(bytes)
  })
}

/** The status of an answer, past any that only says to go on. */
function statusOf (answer: string): string {
  return /^(?:HTTP\/1\.1 1\d\d [^]*?\r\n\r\n)*HTTP\/1\.1 ([2-5]\d\d)/.exec(answer)?.[1] ?? 'none'
}

function printed (bytes: Buffer): string {
  return JSON.stringify(bytes.toString('latin1').slice(0, 2000))
}
