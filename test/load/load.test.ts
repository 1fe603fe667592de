import { once } from 'node:events'
import { createServer } from 'node:http'
import { open, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { temporaryFolder } from '../app.js'
import { lacking, run } from '../image/support/programs.js'
import { runLeporello, spawnLeporello } from '../service.js'
import { ownPodman, type Podman } from './podman.js'
import { made, NAME, startSite, uploaded, type Site } from './site.js'

/** As many workers as a large host runs. */
const MANY = 20

// Each podman takes its time on a busy machine.
t.setTimeout(600_000)

const skip = await lacking(['podman'])
if (skip !== false) t.comment(`loading is ${skip}`)

interface Worker {
  readonly site: Site
  readonly engine: Podman
  /** What `leporello load` needs in its environment. */
  readonly env: Record<string, string>
  load (...args: string[]): ReturnType<typeof runLeporello>
}

async function startWorker (t: Test): Promise<Worker> {
  const [site, engine] = await Promise.all([startSite(t), ownPodman(t)])
  const env = { ...site.env, ...engine.env, LEPORELLO_ENGINE: 'podman' }
  return { site, engine, env, load: (...args) => runLeporello(['load', NAME, ...args], env) }
}

async function fileOf (t: Test, bytes: Buffer): Promise<string> {
  const file = join(await temporaryFolder(t), 'image.tar')
  await writeFile(file, bytes)
  return file
}

/** Each machine's own architecture, and another. */
async function architectures ({ engine }: Worker): Promise<[own: string, other: string]> {
  const own = await engine.podman('info', '-f', '{{.Host.Arch}}')
  return [own, own === 'arm64' ? 'amd64' : 'arm64']
}

t.test('of two architectures the own one is loaded, once, and nothing is left in the cache', { skip }, async t => {
  const worker = await startWorker(t)
  const { site, engine, load } = worker
  const [own, other] = await architectures(worker)
  const [image, foreign] = [made(own), made(other)]
  await uploaded(site, { [own]: await fileOf(t, image.tarball), [other]: await fileOf(t, foreign.tarball) })
  t.match(await load(), { code: 0, stdout: `${NAME} for ${own} is loaded (podman, sha256:${image.imageId})\n` })
  t.equal(await engine.idOf(NAME), image.imageId)
  t.equal(await engine.idOf(foreign.imageId), undefined)
  t.same(await readdir(site.cache, { recursive: true }), ['locks'])
  t.match(await load('--json'), { code: 0, stderr: '', stdout: /"state": "present"/ })
})

t.test('a tarball as `docker save | gzip` makes it is loaded, and who cannot take it is told of in a line', { skip }, async t => {
  const worker = await startWorker(t)
  const { site, engine, load } = worker
  const [own] = await architectures(worker)
  const { tarball, imageId } = made(own)
  await uploaded(site, { [own]: await fileOf(t, gzipSync(tarball)) })
  const program = join(await temporaryFolder(t), 'podman')
  await writeFile(program, '#!/bin/sh\nif [ "$1" = load ]; then echo "disk full" >&2; exit 125; fi\nexec podman "$@"\n', { mode: 0o755 })
  t.match(await load('--engine', program), { code: 1, stderr: /load: disk full\n$/ })
  t.match(await load(), { code: 0, stdout: /is loaded/ })
  t.equal(await engine.idOf(NAME), imageId)
  t.same(await readdir(site.cache, { recursive: true }), ['locks'])
})

t.test('a tag that is registered again is loaded again', { skip }, async t => {
  const worker = await startWorker(t)
  const { site, engine, load } = worker
  const [own] = await architectures(worker)
  const [before, after] = [made(own, 'before'), made(own, 'after')]
  await uploaded(site, { [own]: await fileOf(t, before.tarball) })
  t.match(await load(), { code: 0, stdout: /is loaded/ })
  await uploaded(site, { [own]: await fileOf(t, after.tarball) })
  t.match(await load(), { code: 0, stdout: /is loaded/ })
  t.equal(await engine.idOf(NAME), after.imageId)
  await uploaded(site, { [own]: await fileOf(t, before.tarball) })
  t.match(await load('--json'), { code: 0, stdout: /"state": "tagged"/ }, 'and what is there under another name gets this one')
  t.equal(await engine.idOf(NAME), before.imageId)
})

t.test('twenty at once on one host: one downloads and loads, the others find it there', { skip }, async t => {
  const worker = await startWorker(t)
  const { site, engine, load } = worker
  const [own] = await architectures(worker)
  const { tarball, imageId } = made(own)
  await uploaded(site, { [own]: await fileOf(t, tarball) })
  const all = await Promise.all(Array.from({ length: MANY }, () => load('--json')))
  t.same(all.map(({ code }) => code), Array(MANY).fill(0), all.map(({ stderr }) => stderr).join(''))
  const states = all.map(({ stdout }) => (JSON.parse(stdout) as { state: string }).state)
  t.equal(states.filter(state => state === 'loaded').length, 1, states.join())
  t.equal(states.filter(state => state === 'present').length, MANY - 1)
  t.equal(all.filter(({ stderr }) => stderr.includes('downloading')).length, 1)
  t.equal(await engine.idOf(NAME), imageId)
  t.same(await readdir(join(site.cache, 'locks')), [])
})

t.test('legacy registrations are downloaded once for all that ask, and again when other bytes lie there', { skip }, async t => {
  const worker = await startWorker(t)
  const { site, engine, load } = worker
  const [own] = await architectures(worker)
  const [before, after] = [made(own, 'before'), made(own, 'after')]
  const file = await fileOf(t, before.tarball)
  await site.client.register({ name: NAME, version: '1.0', digest: 'd', urls: { [own]: `file://${file}` } })
  const all = await Promise.all(Array.from({ length: 3 }, () => load('--json')))
  t.same(all.map(({ stdout }) => (JSON.parse(stdout) as { state: string }).state).sort(), ['loaded', 'present', 'present'])
  t.match(await load(), { code: 0, stdout: /is there already/ })
  await writeFile(`${file}.new`, after.tarball)
  await rename(`${file}.new`, file)
  t.match(await load(), { code: 0, stdout: /is loaded/ })
  t.equal(await engine.idOf(NAME), after.imageId)
})

t.test('an image that carries another name gets the registered one', { skip }, async t => {
  const worker = await startWorker(t)
  const { site, engine, load } = worker
  const [own] = await architectures(worker)
  const { tarball, imageId } = made(own, '', 'somebody/else:2')
  await site.client.register({ name: NAME, version: '1.0', digest: 'd', urls: { [own]: `file://${await fileOf(t, tarball)}` } })
  t.match(await load(), { code: 0, stdout: /is loaded/ })
  t.equal(await engine.idOf(NAME), imageId)
})

t.test('what is corrupted or for another machine is not loaded', { skip }, async t => {
  const worker = await startWorker(t)
  const { site, engine, load } = worker
  const [own, other] = await architectures(worker)
  const { tarball } = made(own)
  await uploaded(site, { [own]: await fileOf(t, tarball) })
  const folder = join(site.dataFolder, 'tarballs')
  const stored = join(folder, (await readdir(folder, { recursive: true })).find(name => name.endsWith('.tar'))!)
  const bytes = await readFile(stored)
  bytes[600]! ^= 1
  await writeFile(stored, bytes)
  t.match(await load(), { code: 3, stdout: '', stderr: /sha256/ })
  const foreign = await fileOf(t, made(other).tarball)
  await site.client.register({ name: NAME, version: '1.0', digest: 'd', urls: { [own]: `file://${foreign}` } })
  t.match(await load(), { code: 3, stdout: '', stderr: new RegExp(`sent for ${own}`) })
  t.equal(await engine.podman('images', '-aq'), '')
})

t.test('kill -9 in the middle, of the download or of the load, blocks nobody', { skip }, async t => {
  const worker = await startWorker(t)
  const { site, engine, env, load } = worker
  const [own] = await architectures(worker)
  const { tarball, imageId } = made(own)
  let half = true
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-length': tarball.length })
    if (half) response.write(tarball.subarray(0, 1000))
    else response.end(tarball)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.closeAllConnections(); server.close() })
  const { port } = server.address() as AddressInfo
  await site.client.register({ name: NAME, version: '1.0', digest: 'd', urls: { [own]: `http://127.0.0.1:${port}/hello.tar` } })
  await killedAt(/downloading/, env)
  half = false
  // An engine that stands still in the middle of a load, for as long as the pipe is open.
  const folder = await temporaryFolder(t)
  const [program, pipe] = [join(folder, 'podman'), join(folder, 'pipe')]
  await run('mkfifo', [pipe])
  await writeFile(program, `#!/bin/sh\nif [ "$1" = load ]; then read _ < ${pipe}; exit 1; fi\nexec podman "$@"\n`, { mode: 0o755 })
  const loading = spawnLeporello(['load', NAME, '--engine', program], env)
  const exit = once(loading, 'exit')
  const opened = await open(pipe, 'w')
  loading.kill('SIGKILL')
  await exit
  await opened.close()
  t.match(await load(), { code: 0, stdout: /is loaded/ })
  t.equal(await engine.idOf(NAME), imageId)
})

t.test('what an engine makes of a tarball is looked at, and does not keep the name if it is something else', { skip }, async t => {
  const worker = await startWorker(t)
  const { site, engine, load } = worker
  const [own] = await architectures(worker)
  await uploaded(site, { [own]: await fileOf(t, made(own).tarball) })
  const [program, other] = [join(await temporaryFolder(t), 'podman'), await fileOf(t, made(own, 'other').tarball)]
  await writeFile(program, `#!/bin/sh\nif [ "$1" = load ]; then exec podman load --input ${other}; fi\nexec podman "$@"\n`, { mode: 0o755 })
  t.match(await load('--engine', program), { code: 3, stdout: '', stderr: /podman made of container-hello:1\.0 nothing that can be found, not sha256/ })
  t.equal(await engine.idOf(NAME), undefined)
})

t.test('an engine that is not there, or fails, is told in a line', { skip }, async t => {
  const worker = await startWorker(t)
  const [own] = await architectures(worker)
  await uploaded(worker.site, { [own]: await fileOf(t, made(own).tarball) })
  t.match(await worker.load('--engine', 'no-such-engine'), { code: 1, stderr: /^leporello: no engine answers, .*no-such-engine is not installed\n$/ })
  const program = join(await temporaryFolder(t), 'podman')
  await writeFile(program, '#!/bin/sh\nif [ "$1" = load ]; then echo "disk full" >&2; exit 125; fi\nexec podman "$@"\n', { mode: 0o755 })
  const { code, stderr } = await worker.load('--engine', program)
  t.equal(code, 1)
  t.match(stderr, /load: disk full\n$/)
  t.match(await worker.load(), { code: 0, stdout: /is loaded/ })
})

async function killedAt (line: RegExp, env: Record<string, string>): Promise<void> {
  const child = spawnLeporello(['load', NAME], env)
  const exit = once(child, 'exit')
  for await (const said of createInterface({ input: child.stderr! })) if (line.test(said)) break
  child.kill('SIGKILL')
  await exit
}
