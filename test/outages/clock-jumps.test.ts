import { setTimeout } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { temporaryFolder } from '../app.js'
import { runLeporello, startService, type Service } from '../service.js'
import { OpenUpload } from '../uploads/open-upload.js'
import { SHORT_GRACE } from '../uploads/sweeps.js'
import { tarballOf } from '../uploads/tarballs.js'
import { FakeClock, skip } from './fake-clock.js'

const NAME = 'container-builds:1'
const QUICK = { LEPORELLO_INDEX_TIMEOUT_MS: '500', LEPORELLO_TAKEOVER_MS: '3000', LEPORELLO_SET_EXPIRY_MS: '3600000' }

t.test('a clock that jumps by a day, and back: nothing is removed, and what is sent later is shown', { skip }, async t => {
  const { service, clock } = await started(t, { ...SHORT_GRACE, LEPORELLO_SWEEP_INTERVAL_MS: '1000' })
  const kept: string[] = []
  for (const [n, days] of [0, 1, -1, 0].entries()) {
    await clock.jump(days)
    const name = `container-kept-${n}:1`
    const { status, body } = await OpenUpload.put(service.url, name).end(tarballOf(name))
    t.equal(status, 200)
    kept.push(body.result.url!)
    t.equal((await merge(service, `${n}`, 'x86_64')).status, 202)
    t.equal((await merge(service, `${n}`, 'arm64')).status, 200)
    t.equal(await shown(service), `${n}`)
    await nextSweeps(service, days === 0)
    for (const url of kept) t.equal((await fetch(url)).status, 200)
  }
})

t.test('what waits is there after a jump back, and shown whole; a jump ahead ends it, and the build begins anew', { skip }, async t => {
  const { service, clock } = await started(t)
  t.equal((await merge(service, '1', 'x86_64')).status, 202)
  await clock.jump(-1)
  t.equal((await merge(service, '1', 'arm64')).status, 200)
  t.equal((await merge(service, '2', 'x86_64')).status, 202)
  await clock.jump(1)
  while ((await pending(service)).length > 0) await setTimeout(50)
  t.equal(await shown(service), '1')
  t.match(await merge(service, '2', 'arm64'), { status: 202, result: { missing: ['amd64'] } })
  t.equal(await shown(service), '1')
  t.equal((await merge(service, '2', 'x86_64')).status, 200)
  t.equal(await shown(service), '2')
})

t.test('a token is good until its time, by the clock as it is', { skip }, async t => {
  const folder = await temporaryFolder(t)
  const env = { LEPORELLO_ACCESS: `${folder}/access.json` }
  const token = (await runLeporello(['token', 'add', 'ci', '--role', 'read', '--expires', '1d'], { ...env, LEPORELLO_HTPASSWD: `${folder}/htpasswd` })).stdout.trim()
  const { service, clock } = await started(t, env)
  for (const [days, status] of [[0, 200], [2, 401], [-1, 200]] as const) {
    await clock.jump(days)
    t.equal((await fetch(`${service.url}/container/list`, { headers: { authorization: `Bearer ${token}` } })).status, status, `${days} days`)
  }
})

async function started (t: Test, env: Record<string, string> = {}): Promise<{ service: Service, clock: FakeClock }> {
  const clock = await FakeClock.wind(t)
  const service = await startService(t, { LEPORELLO_DATA_DIR: await temporaryFolder(t), ...QUICK, ...clock.env, ...env })
  return { service, clock }
}

async function merge ({ url }: Service, build: string, architecture: string) {
  const fields = { name: NAME, version: '1', build, expect: 'x86_64,arm64', architecture, url: `s3://b/${build}-${architecture}.tar` }
  const answer = await fetch(`${url}/container/merge`, { method: 'POST', body: new URLSearchParams(fields) })
  const { result } = await answer.json() as { result: object }
  return { status: answer.status, result }
}

/** The build that is shown, if it is whole. */
async function shown ({ url }: Service): Promise<string | undefined> {
  const { result } = await (await fetch(`${url}/container/info?id=${NAME}`)).json() as { result: { build: string, urls: string } }
  const urls = Object.values(JSON.parse(result.urls) as Record<string, string>)
  return new Set(urls).size === 2 && urls.every(each => each.startsWith(`s3://b/${result.build}-`)) ? result.build : undefined
}

async function pending ({ url }: Service): Promise<unknown[]> {
  const { result } = await (await fetch(`${url}/container/pending?id=${NAME}`)).json() as { result: unknown[] }
  return result
}

/** Two that began with the clock as it is: they go on only where it is the store's. */
async function nextSweeps ({ log, logged }: Service, goOn: boolean): Promise<void> {
  let left = log.filter(({ msg }) => msg === 'sweep').length + 3
  const last = await logged(({ msg }) => msg === 'sweep' && --left === 0)
  const stopped = String(last['stopped'] ?? '')
  if (goOn ? stopped !== '' : !stopped.includes('this clock and the store\'s differ')) throw new Error(`a sweep was not to ${goOn ? 'stop' : 'go on'}: ${stopped}`)
}
