import { setTimeout } from 'node:timers/promises'
import { CreateMultipartUploadCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import t, { type Test } from 'tap'
import { startEngine } from '../engines/engine.js'
import { startS3Server, type S3Server } from '../engines/s3-server.js'
import { enginesUnderTest, s3ServersUnderTest } from '../engines/under-test.js'
import { startService } from '../service.js'
import { containersOf } from './documents.js'
import { OpenUpload } from './open-upload.js'
import { s3Service, type Environment } from './s3-service.js'
import { SHORT_GRACE, sweep, sweepUntil } from './sweeps.js'
import { MIB, tarballOf } from './tarballs.js'

const KEPT = 'container-kept:1.0'
const CUT = 'container-cut:1.0'

for (const kind of s3ServersUnderTest()) {
  const engines = enginesUnderTest()
  if (engines.length === 0) {
    t.test(`kill -9 in the middle of uploads to ${kind} leaves nothing to see, and the sweep removes what it leaves`, async t =>
      await sweepAfterCrash(t, await startS3Server(t, kind)))
  }
  for (const name of engines) {
    t.test(`the same with the catalogue in ${name}`, async t => {
      const { url } = await startEngine(t, name)
      await sweepAfterCrash(t, await startS3Server(t, kind), { LEPORELLO_INDEX_URL: url })
    })
  }
}

async function sweepAfterCrash (t: Test, server: S3Server, index: Environment = {}): Promise<void> {
  const { service, env, bucket } = await s3Service(t, server, index)
  await registerJob(service.url)
  const kept = tarballOf(KEPT)
  t.match(await OpenUpload.put(service.url, KEPT).end(kept), { status: 200 })
  const foreign = await others(server, bucket)
  const before = await server.contents(bucket, '')

  beginForm(service.url)
  OpenUpload.put(service.url, CUT).send(tarballOf(CUT, { mebibytes: 8 }).subarray(0, 7 * MIB))
  // The first tarball of the form is stored whole, with its facts, and the second and the raw one are on their way.
  await until(async () => (await server.contents(bucket, '')).length === before.length + 4)
  await service.stop('SIGKILL')

  const left = (await server.contents(bucket, '')).sort()
  const survivor = await startService(t, { ...env, ...SHORT_GRACE })
  t.same(await containersOf(survivor.url), [KEPT])
  t.equal((await fetch(`${survivor.url}/container/info?id=${CUT}`)).status, 404)
  const [whole] = left.filter(key => key.includes('-amd64-') && key.startsWith('containers/container-cut/'))
  t.equal((await fetch(`${survivor.url}/container/tarball/${whole!.split('/').slice(-2).join('/')}`)).status, 404)

  const all = { ...env, ...SHORT_GRACE }
  const report = await sweepUntil(all, [], ({ abandoned, condemned }) => abandoned.length === 2 && condemned.length === 1)
  t.match(report, { dryRun: true, condemned: [{ key: whole }], tarballs: 2 })
  t.same((await server.contents(bucket, '')).sort(), left, 'a dry run changes nothing')
  t.match(await sweep(all, '--yes'), { dryRun: false, condemned: [{ key: whole }], abandoned: { length: 2 } })
  t.same(unfinished(await server.contents(bucket, '')), unfinished(foreign), 'ours are gone, and theirs are not')
  await sweepUntil(all, ['--yes'], ({ deleted }) => deleted.length === 1)
  t.same((await server.contents(bucket, '')).sort(), before.sort())

  const { result } = await (await fetch(`${survivor.url}/container/info?id=${KEPT}`)).json() as { result: { url: string } }
  const download = await fetch(survivor.url + new URL(result.url).pathname)
  t.ok(Buffer.from(await download.arrayBuffer()).equals(kept), 'what is registered is served')
}

/** Where there is no index of job specifications a sweep stops. */
async function registerJob (service: string): Promise<void> {
  const { status } = await fetch(`${service}/job_spec/add`, { method: 'POST', body: new URLSearchParams({ spec: '{"id": "job-hello:1"}' }) })
  if (status !== 200) throw new Error(`job_spec/add: ${status}`)
}

/** What somebody else keeps, and is just storing, in the same bucket. */
async function others ({ client }: S3Server, Bucket: string): Promise<string[]> {
  await client.send(new PutObjectCommand({ Bucket, Key: 'sds/hello.tar.gz', Body: 'theirs' }))
  await client.send(new CreateMultipartUploadCommand({ Bucket, Key: 'sds/new.tar.gz' }))
  return ['sds/hello.tar.gz', 'unfinished sds/new.tar.gz']
}

function beginForm (service: string): void {
  const upload = OpenUpload.post(service, CUT)
  upload.file('x86_64')
  upload.send(tarballOf(CUT))
  upload.endFile()
  upload.file('arm64')
  upload.send(tarballOf(CUT, { architecture: 'arm64', mebibytes: 8 }).subarray(0, 7 * MIB))
}

function unfinished (contents: readonly string[]): string[] {
  return contents.filter(each => each.startsWith('unfinished '))
}

async function until (isSo: () => Promise<boolean>): Promise<void> {
  while (!await isSo()) await setTimeout(20)
}
