import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { open } from 'lmdb'
import t, { type Test } from 'tap'
import { CONTAINER, temporaryFolder } from '../app.js'
import { runLeporello, startService } from '../service.js'
import { tarballsIn } from '../uploads/folder.js'
import { OpenUpload } from '../uploads/open-upload.js'
import { SHORT_GRACE, sweepUntil } from '../uploads/sweeps.js'
import { tarballOf } from '../uploads/tarballs.js'
import { DROPPED, PUBLIC_URL, snapshot, UPLOADED, type Snapshot } from './site.js'

/** What record.ts wrote with the service of each stage: before engines and uploads, with engines, with uploads, with sets. */
const RECORDED = join(import.meta.dirname, '../../../test/upgrade')
const STAGES = (await readdir(RECORDED)).filter(name => name.endsWith('.tar.gz')).sort()

t.test('there is data of every stage', async t => {
  t.same(STAGES, ['engines.tar.gz', 'registration.tar.gz', 'sets.tar.gz', 'uploads.tar.gz'])
})

for (const stage of STAGES) {
  t.test(`the data of ${stage} are served as they were, and can be changed, exported and swept`, async t => {
    const { env, before } = await dataOf(t, stage)
    const hasTarballs = UPLOADED in before.container
    const service = await startService(t, env)
    t.same(await snapshot(service.url), before, 'every document, byte for byte')
    t.equal((await fetch(`${service.url}/health/ready`)).status, 200)

    if (hasTarballs) await downloads(t, service.url)
    if (stage === 'sets.tar.gz') await completesItsSet(t, service.url)
    await changes(t, service.url)
    const after = await snapshot(service.url)
    t.same(await service.stop(), { code: 0, signal: null })

    if (hasTarballs) await sweeps(t, env)
    await moves(t, env, after)
  })
}

t.test('data of a later format are refused with a sentence, and left as they are', async t => {
  const { env } = await dataOf(t, 'sets.tar.gz')
  const path = join(env.LEPORELLO_DATA_DIR, 'catalogue.lmdb')
  const root = open({ path, noSubdir: true, maxDbs: 6 })
  await root.openDB<number, string>('versions', { encoding: 'json' }).put('format', 2)
  await root.close()
  const bytes = await readFile(path)
  const sentence = `${path} cannot be opened: a later Leporello wrote it in format 2, and this one knows formats up to 1: start that one`
  for (const command of [['serve'], ['export']]) {
    const { code, stdout, stderr } = await runLeporello(command, { ...env, LEPORELLO_PORT: '0' })
    t.not(code, 0)
    t.match(stdout + stderr, sentence, command.join(' '))
    t.notMatch(stdout + stderr, /^\s+at /m, 'without a stack')
    t.ok((await readFile(path)).equals(bytes))
  }
})

interface OldData {
  readonly env: { readonly LEPORELLO_DATA_DIR: string, readonly LEPORELLO_PUBLIC_URL: string }
  /** What the service that wrote them said of every document. */
  readonly before: Snapshot
}

/** A copy of the data of a stage. */
async function dataOf (t: Test, stage: string): Promise<OldData> {
  const folder = await temporaryFolder(t)
  await promisify(execFile)('tar', ['-xzf', join(RECORDED, stage), '-C', folder])
  const before = JSON.parse(await readFile(join(folder, 'expected.json'), 'utf8'))
  return { before, env: { LEPORELLO_DATA_DIR: join(folder, 'data'), LEPORELLO_PUBLIC_URL: PUBLIC_URL } }
}

/** The tarball that the old service stored is handed out, whole. */
async function downloads (t: Test, url: string): Promise<void> {
  const { result } = await (await fetch(`${url}/container/resolve?id=${UPLOADED}&arch=x86_64`)).json() as
    { result: { url: string, size: number } }
  t.ok(result.url.startsWith(PUBLIC_URL), 'it is registered under the address of then')
  const download = await fetch(url + new URL(result.url).pathname)
  t.equal(download.status, 200)
  t.equal((await download.arrayBuffer()).byteLength, result.size)
}

/** The half of a set that waits since before the upgrade is shown with the half that comes after it. */
async function completesItsSet (t: Test, url: string): Promise<void> {
  const id = 'container-half:1.0'
  t.equal((await fetch(`${url}/container/info?id=${id}`)).status, 404)
  t.match(await (await fetch(`${url}/container/pending?id=${id}`)).json(), { success: true })
  const merged = await post(url, 'container/merge', {
    name: id, version: '1.0', build: '7', expect: 'x86_64,arm64', urls: '{"arm64": "s3://b/half-arm64.tar.gz"}'
  })
  t.equal(merged.status, 200)
  t.match(await (await fetch(`${url}/container/info?id=${id}`)).json(), { result: { urls: /half\.tar\.gz.*half-arm64\.tar\.gz/ } })
}

/** Old documents take merges, detaches, replacements and removal, and new ones come beside them. */
async function changes (t: Test, url: string): Promise<void> {
  const two = 'container-two:1.0'
  t.match(await post(url, 'container/merge', { name: two, version: '1.0', urls: '{"s390x": "s3://b/two-s390x.tar.gz"}' }), { status: 200 })
  t.match(await post(url, 'container/detach', { id: two, architecture: 'arm64' }), { status: 200 })
  t.match(await (await fetch(`${url}/container/info?id=${two}`)).json(), { result: { url: 's3://b/two.tar.gz', urls: /two-s390x/ } })
  t.match(await post(url, 'container/add', CONTAINER), { status: 200 })
  t.match(await OpenUpload.put(url, 'container-new:1.0').end(tarballOf('container-new:1.0')), { status: 200 })
  t.equal((await fetch(`${url}/container/remove?id=container-one:1.0`)).status, 200)
  t.equal((await fetch(`${url}/container/info?id=container-one:1.0`)).status, 404)
}

/** The tarball of the container that was removed before the upgrade goes, and no other. */
async function sweeps (t: Test, env: OldData['env']): Promise<void> {
  await sweepUntil({ ...env, ...SHORT_GRACE }, ['--yes'], ({ deleted }) => deleted.length === 1)
  const left = (await tarballsIn(env.LEPORELLO_DATA_DIR)).join('\n')
  t.notMatch(left, DROPPED.split(':')[0], 'what nothing names is gone')
  t.match(left, /container-uploaded/)
  t.match(left, /container-new/)
}

/** The whole catalogue goes to an empty folder. */
async function moves (t: Test, env: OldData['env'], after: Snapshot): Promise<void> {
  const { code, stdout } = await runLeporello(['export'], env)
  t.equal(code, 0)
  const there = { ...env, LEPORELLO_DATA_DIR: await temporaryFolder(t) }
  t.match(await runLeporello(['import'], there, Buffer.from(stdout)), { code: 0 })
  const service = await startService(t, there)
  t.same(await snapshot(service.url), after)
}

async function post (url: string, route: string, fields: Record<string, string>): Promise<Response> {
  return await fetch(`${url}/${route}`, { method: 'POST', body: new URLSearchParams(fields) })
}
