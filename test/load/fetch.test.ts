import { once } from 'node:events'
import { mkdir, readdir, readFile, truncate, utimes, writeFile } from 'node:fs/promises'
import type { RequestListener, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import t, { type Test } from 'tap'
import { temporaryFolder } from '../app.js'
import { startServer } from '../client/servers.js'
import { runLeporello, spawnLeporello } from '../service.js'
import { made, NAME, startSite, uploaded, type Site } from './site.js'

/** There need be no engine, so that these run everywhere. */
const fetchOnly = (site: Site, env: Record<string, string> = {}, ...args: string[]) =>
  runLeporello(['load', NAME, '--fetch-only', '--arch', 'amd64', ...args], { ...site.env, ...env })

/** What of the cache could be in the way of the next one. */
const leftIn = async ({ cache }: Site) => (await readdir(cache, { recursive: true })).filter(name => name !== 'locks').sort()

async function fileOf (t: Test, bytes: Buffer): Promise<string> {
  const file = join(await temporaryFolder(t), 'image.tar')
  await writeFile(file, bytes)
  return file
}

/** A server with a tarball under every path; `answer` may misbehave first. */
async function serving (t: Test, bytes: Buffer, answer: (response: ServerResponse, send: () => void) => void = (_, send) => { send() }) {
  const ranges: Array<string | undefined> = []
  const listener: RequestListener = ({ headers: { range } }, response) => {
    ranges.push(range)
    const from = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0)
    answer(response, () => {
      response.writeHead(from === 0 ? 200 : 206, {
        etag: '"a"',
        'content-length': bytes.length - from,
        ...from > 0 && { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` }
      })
      response.end(bytes.subarray(from))
    })
  }
  return { url: `${await startServer(t, listener)}/hello.tar`, ranges }
}

/** Begins an answer and breaks off after so many bytes. */
function cut (response: ServerResponse, bytes: Buffer, after: number): void {
  response.writeHead(200, { etag: '"a"', 'content-length': bytes.length })
  response.write(bytes.subarray(0, after), () => { setImmediate(() => { response.destroy() }) })
}

t.test('the tarball of the architecture is brought, proved, and its path is all that is printed', async t => {
  const site = await startSite(t)
  const [amd64, arm64] = [made('amd64'), made('arm64')]
  await uploaded(site, { amd64: await fileOf(t, amd64.tarball), arm64: await fileOf(t, arm64.tarball) })
  const { stdout, stderr, code } = await fetchOnly(site)
  t.equal(code, 0, stderr)
  t.match(stdout, /^\/\S+\/cache\/[0-9a-f]{64}\.tar\n$/)
  t.ok((await readFile(stdout.trim())).equals(amd64.tarball))
  t.equal((await leftIn(site)).length, 1, 'and it is all that is left')
  await site.service.stop('SIGKILL')
  t.match(await fetchOnly(site, {}, '--timeout', '5'), { code: 5, stdout: '' })
})

t.test('what is in the cache is used again, unless it was damaged there', async t => {
  const site = await startSite(t)
  const { tarball } = made('amd64')
  await uploaded(site, { amd64: await fileOf(t, tarball) })
  const path = (await fetchOnly(site)).stdout.trim()
  t.match(await fetchOnly(site), { code: 0, stdout: `${path}\n`, stderr: '' })
  await truncate(path, 100)
  t.match(await fetchOnly(site), { code: 0, stdout: `${path}\n`, stderr: /downloading/ })
  t.ok((await readFile(path)).equals(tarball))
})

t.test('a download that was broken off by a death is taken up by the next one', async t => {
  const site = await startSite(t)
  const { tarball } = made('amd64')
  await uploaded(site, { amd64: await fileOf(t, tarball) })
  const { sha256 } = await site.client.resolve(NAME, 'amd64')
  await mkdir(site.cache)
  await writeFile(join(site.cache, `${sha256}.part`), tarball.subarray(0, 1000))
  t.match(await fetchOnly(site), { code: 0, stderr: /going on with container-hello:1\.0.*\(\d+ bytes|kB\)/ })
  await writeFile(join(site.cache, `${sha256}.part`), 'other bytes')
  await truncate(join(site.cache, `${sha256}.tar`), 10)
  const { code, stdout, stderr } = await fetchOnly(site)
  t.equal(code, 0, stderr)
  t.ok((await readFile(stdout.trim())).equals(tarball), 'also when what it had left was something else')
})

t.test('one that is killed while it downloads blocks nobody', async t => {
  const site = await startSite(t)
  const { tarball } = made('amd64')
  let first = true
  const { url } = await serving(t, tarball, (response, send) => {
    if (!first) return send()
    first = false
    response.writeHead(200, { etag: '"a"', 'content-length': tarball.length }).write(tarball.subarray(0, 100))
  })
  await site.client.register({ name: NAME, version: '1.0', digest: 'd', url })
  const child = spawnLeporello(['load', NAME, '--fetch-only', '--arch', 'amd64'], { ...site.env })
  for await (const line of createInterface({ input: child.stderr! })) if (line.includes('downloading')) break
  const waiting = fetchOnly(site)
  const killed = once(child, 'exit')
  child.kill('SIGKILL')
  await killed
  t.match(await waiting, { code: 0, stdout: /\.tar\n$/ })
})

t.test('a corrupted object is refused, and is gone from the cache', async t => {
  const site = await startSite(t)
  await uploaded(site, { amd64: await fileOf(t, made('amd64').tarball) })
  const folder = join(site.dataFolder, 'tarballs')
  const stored = (await readdir(folder, { recursive: true })).find(name => name.endsWith('.tar'))!
  const bytes = await readFile(join(folder, stored))
  bytes[600]! ^= 1
  await writeFile(join(folder, stored), bytes)
  t.match(await fetchOnly(site), { code: 3, stdout: '', stderr: /has the sha256 .* is registered: it is not loaded/ })
  t.same(await leftIn(site), [])
})

t.test('a download goes on where a server cut it, as often as it does', async t => {
  const site = await startSite(t)
  const { tarball } = made('amd64')
  let cuts = 0
  const { url, ranges } = await serving(t, tarball, (response, send) => {
    if (cuts++ < 1) cut(response, tarball, 2000)
    else send()
  })
  await site.client.register({ name: NAME, version: '1.0', digest: 'd', url })
  const { code, stdout, stderr } = await fetchOnly(site)
  t.equal(code, 0, stderr)
  t.match(stderr, /cut the connection; trying again/)
  t.ok((await readFile(stdout.trim())).equals(tarball))
  t.match(ranges, [undefined, /^bytes=\d+-$/], 'without what was there already')
})

t.test('a server that answers a part with another one, or with none, is asked for the whole', async t => {
  const { tarball } = made('amd64')
  const wrong: Array<(response: ServerResponse) => void> = [
    response => { response.writeHead(206, { etag: '"a"', 'content-range': `bytes 10-${tarball.length - 1}/${tarball.length}` }).end(tarball.subarray(10)) },
    response => { response.writeHead(206, { etag: '"a"' }).end(tarball.subarray(2000)) },
    response => { response.writeHead(416).end() }
  ]
  for (const answer of wrong) {
    const site = await startSite(t)
    let count = 0
    const { url, ranges } = await serving(t, tarball, (response, send) => {
      if (count++ === 0) cut(response, tarball, 2000)
      else if (ranges.at(-1) !== undefined) answer(response)
      else send()
    })
    await site.client.register({ name: NAME, version: '1.0', digest: 'd', url })
    const { code, stdout, stderr } = await fetchOnly(site)
    t.equal(code, 0, stderr)
    t.ok((await readFile(stdout.trim())).equals(tarball))
    t.match(ranges, [undefined, /^bytes=\d+-$/, undefined])
  }
})

t.test('a server that stalls or is busy is left alone for a while and asked again', async t => {
  const site = await startSite(t)
  const { tarball } = made('amd64')
  const troubles = [
    (response: ServerResponse) => { response.writeHead(503, { 'retry-after': '1' }).end() },
    (response: ServerResponse) => { response.writeHead(200, { 'content-length': tarball.length }).write(tarball.subarray(0, 100)) }
  ]
  const { url } = await serving(t, tarball, (response, send) => {
    const trouble = troubles.shift()
    if (trouble === undefined) send()
    else trouble(response)
  })
  await site.client.register({ name: NAME, version: '1.0', digest: 'd', url })
  const { code, stderr } = await fetchOnly(site, {}, '--timeout', '1')
  t.equal(code, 0, stderr)
  t.match(stderr, /answered with 503; trying again in 1(\.\d)? s[^]*stopped in the middle of its answer; trying again/)
})

t.test('legacy registrations are proved by what is inside', async t => {
  const site = await startSite(t)
  const [amd64, arm64] = [made('amd64'), made('arm64')]
  const file = await fileOf(t, amd64.tarball)
  const { url } = await serving(t, amd64.tarball)
  for (const place of [url, `file://${file}`, file]) {
    await site.client.register({ name: NAME, version: '1.0', digest: 'd', url: place })
    const { code, stdout, stderr } = await fetchOnly(site)
    t.equal(code, 0, stderr)
    t.ok((await readFile(stdout.trim())).equals(amd64.tarball), place)
  }
  const wrong = await fileOf(t, arm64.tarball)
  const broken = await fileOf(t, amd64.tarball.subarray(0, 4000))
  const refusals: Array<[url: string, code: number, reason: RegExp]> = [
    [`file://${wrong}`, 3, /sent for amd64, but its config says arm64/],
    [`file://${broken}`, 3, /./],
    [`file://${file}.nosuch`, 4, /there is no file/],
    [`${url.replace('http', 'ftp')}`, 1, /ftp.* cannot be fetched/],
    ['s3://bucket-without/key.tar', 1, /AWS credentials/]
  ]
  for (const [place, expected, reason] of refusals) {
    await site.client.register({ name: NAME, version: '1.0', digest: 'd', url: place })
    const { code, stderr, stdout } = await fetchOnly(site, { AWS_EC2_METADATA_DISABLED: 'true', AWS_REGION: 'us-east-1' })
    t.equal(code, expected, `${place}: ${stderr}`)
    t.match(stderr, reason)
    t.equal(stdout, '')
  }
})

t.test('what nobody has is not found', async t => {
  const site = await startSite(t)
  t.match(await fetchOnly(site), { code: 4, stderr: /container not found/ })
  await uploaded(site, { arm64: await fileOf(t, made('arm64').tarball) })
  t.match(await fetchOnly(site), { code: 4, stderr: /has no image for amd64; it has arm64/ })
  t.match(await fetchOnly(site, {}, '--fallback', 'arm64'), { code: 0 })
})

t.test('a download that was given up long ago is removed, others are not', async t => {
  const site = await startSite(t)
  await uploaded(site, { amd64: await fileOf(t, made('amd64').tarball) })
  await mkdir(site.cache)
  const [old, young] = [join(site.cache, `${'a'.repeat(64)}.part`), join(site.cache, `${'b'.repeat(64)}.part`)]
  for (const file of [old, young]) await writeFile(file, 'bytes')
  await utimes(old, 0, 0)
  t.match(await fetchOnly(site), { code: 0 })
  t.same((await leftIn(site)).filter(name => name.endsWith('.part')), [`${'b'.repeat(64)}.part`])
})

t.test('a checksum that is none names no file, neither in the cache nor outside of it', async t => {
  const folder = await temporaryFolder(t)
  const victim = join(folder, 'victim')
  const url = await startServer(t, ({ url: asked = '' }, response) => {
    response.setHeader('content-type', 'application/json')
    const image = {
      id: NAME, version: '1.0', architecture: 'amd64', variant: null, url: `${url}/hello.tar`, download: null, image_id: null, digests: ['sha256:1'], sha256: '../victim', size: null
    }
    response.end(asked.includes('/resolve') ? JSON.stringify({ success: true, message: '', result: image }) : 'other bytes')
  })
  await writeFile(`${victim}.tar`, 'mine')
  const { code, stdout, stderr } = await runLeporello(['load', NAME, '--fetch-only', '--arch', 'amd64'], { LEPORELLO_URL: url, LEPORELLO_CACHE: join(folder, 'cache'), HOME: folder })
  t.strictSame([code, stdout], [1, ''])
  t.match(stderr, /the checksum of container-hello:1.0 is registered as ".\.\/victim", which is none/)
  t.strictSame((await readdir(folder)).filter(name => name !== 'cache'), ['victim.tar'])
  t.equal(await readFile(`${victim}.tar`, 'utf8'), 'mine')
})
