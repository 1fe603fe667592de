import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import t, { type Test } from 'tap'
import { anyBytes } from '../contracts/bytes.js'
import { startS3Server, type S3Server } from '../engines/s3-server.js'
import { s3ServersUnderTest } from '../engines/under-test.js'
import { startService } from '../service.js'
import { temporaryFolder } from '../app.js'
import { baseLayer, podmanArchive, sampleImage } from '../image/support/sample-image.js'
import { tar } from '../image/support/tar-writer.js'
import { s3Service } from '../uploads/s3-service.js'
import { MIB } from '../uploads/tarballs.js'
import { answer, ARM, outcomeOf, runMet, spawnMet, startMozart, workspace, X86 } from './container-met.js'
import { startProxy } from './container-met-proxy.js'

/** Four parts. */
const LARGE = 64 * MIB

function line (url: string, repo: string, product = 'foo.tar.gz', arm64 = 'foo-arm64.tar.gz'): string[] {
  return ['container-foo:1.0', '1.0', product, repo, 'sha256:aa', url, arm64]
}

function awsOf ({ endpoint, credentials }: S3Server): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_EC2_METADATA_DISABLED: 'true'
  }
}

async function get ({ client }: S3Server, Bucket: string, Key: string): Promise<Buffer> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }))
  return Buffer.from(await Body!.transformToByteArray())
}

const refuse = async (t: Test) => await startMozart(t, response => answer(response, 400, { success: false, message: 'no' }))

/** Resolves when the program has said so much. */
async function said (child: ReturnType<typeof spawnMet>, text: string): Promise<void> {
  while (!String((await once(child.stderr!, 'data'))[0]).includes(text));
}

for (const kind of s3ServersUnderTest()) {
  t.test(kind, async t => {
    const server = await startS3Server(t, kind)
    const env = awsOf(server)

    await t.test('both tarballs are stored under the keys of container-met.py, and its urls are sent', async t => {
      const { cwd } = await workspace(t)
      const mozart = await startMozart(t)
      const bucket = await server.bucket()
      const cases: Array<[repo: string, key: string]> = [
        [`s3://${bucket}`, ''], [`s3://${bucket}/`, ''], [`s3://${bucket}/pre/fix`, 'pre/fix/'],
        [`s3://s3-us-west-2.amazonaws.com/${bucket}/west`, 'west/'], [`s3s://${bucket}/again/`, 'again/']
      ]
      for (const [repo, prefix] of cases) {
        const outcome = await runMet(line(mozart.url, repo), { cwd, env })
        t.match(outcome, { code: 0, stdout: '' }, repo)
        for (const line of outcome.stderr.trim().split('\n')) t.match(line, /^container-met: /)
        t.same(await get(server, bucket, `${prefix}foo.tar.gz`), X86)
        t.same(await get(server, bucket, `${prefix}foo-arm64.tar.gz`), ARM)
        const base = repo.replace(/\/$/, '')
        t.same(Object.fromEntries(new URLSearchParams(mozart.requests.pop()?.body)), {
          name: 'container-foo:1.0',
          version: '1.0',
          url: `${base}/foo.tar.gz`,
          resource: 'container',
          digest: 'sha256:aa',
          urls: `{"x86_64": "${base}/foo.tar.gz", "amd64": "${base}/foo.tar.gz", "arm64": "${base}/foo-arm64.tar.gz", "aarch64": "${base}/foo-arm64.tar.gz"}`
        })
      }
    })

    await t.test('a Leporello that keeps its own tarballs elsewhere shows them to workers', async t => {
      const { cwd } = await workspace(t)
      const { url } = await startService(t, { LEPORELLO_DATA_DIR: await temporaryFolder(t) })
      const bucket = await server.bucket()
      t.match(await runMet(line(`${url}/api/v0.1`, `s3://${bucket}/a`), { cwd, env }), { code: 0 })
      const { result } = await (await fetch(`${url}/container/resolve?id=container-foo:1.0&arch=aarch64`)).json() as { result: object }
      t.match(result, { url: `s3://${bucket}/a/foo-arm64.tar.gz` })
    })

    await t.test('a store that takes connections and answers nothing is given up', async t => {
      const { cwd } = await workspace(t)
      const mozart = await startMozart(t)
      const bucket = await server.bucket()
      server.pause()
      t.match(await runMet(['--timeout', '0.5', ...line(mozart.url, `s3://${bucket}`)], { cwd, env }), { code: 1, last: /could not be stored as .*TimeoutError.*again$/ })
      server.resume()
      t.same([mozart.requests, await server.contents(bucket, '')], [[], []])
    })

    await t.test('--via-service: a Leporello puts a large image into its bucket for a client that has no rights on it', async t => {
      const cwd = await temporaryFolder(t)
      const { service, bucket } = await s3Service(t, server)
      const image = sampleImage({ layers: [baseLayer(['amd64']), tar([{ name: 'filler', content: anyBytes(LARGE) }])] })
      await writeFile(join(cwd, 'foo.tar'), tar(podmanArchive(image, 'container-foo:1.0')))
      const digest = `sha256:${createHash('sha256').update(image.config).digest('hex')}`
      const args = ['--via-service', ...line(`${service.url}/api/v0.1`, '', 'foo.tar', '').with(4, digest)]
      t.match(await runMet(args, { cwd }), { code: 0, stderr: /foo\.tar: 75% of/ })
      t.match(await server.contents(bucket, ''), { length: 3 }, 'the tarball, its facts and the bucket\'s mark')
    })

    await t.test('a large tarball arrives whole', async t => {
      const { cwd } = await workspace(t)
      const mozart = await startMozart(t)
      const bucket = await server.bucket()
      const content = anyBytes(LARGE + 1)
      await writeFile(join(cwd, 'large:1.0.tar.gz'), content)
      t.match(await runMet(line(mozart.url, `s3://${bucket}`, 'large:1.0.tar.gz'), { cwd, env }), { code: 0, stderr: /large:1\.0\.tar\.gz: 50% of 67\.1 MB/ })
      t.ok((await get(server, bucket, 'large:1.0.tar.gz')).equals(content))
    })

    await t.test('a refused registration removes what this run made, and leaves what was there, with the new content', async t => {
      const { cwd } = await workspace(t)
      const mozart = await refuse(t)
      const bucket = await server.bucket()
      await server.client.send(new PutObjectCommand({ Bucket: bucket, Key: 'foo.tar.gz', Body: 'before' }))
      t.match(await runMet(line(mozart.url, `s3://${bucket}`), { cwd, env }), {
        code: 1, last: /refuses \(400\): no; \S+\/foo\.tar\.gz was there before, so it stays, with the new content; \S+foo-arm64\.tar\.gz was removed again$/
      })
      t.same(await server.contents(bucket, ''), ['foo.tar.gz'])
      t.same(await get(server, bucket, 'foo.tar.gz'), X86)
    })

    await t.test('what somebody else has put in the tarball\'s place meanwhile is not removed', async t => {
      const { cwd } = await workspace(t)
      const bucket = await server.bucket()
      const mozart = await startMozart(t, async response => {
        await server.client.send(new PutObjectCommand({ Bucket: bucket, Key: 'foo.tar.gz', Body: 'of another run' }))
        answer(response, 400, { success: false, message: 'no' })
      })
      t.match(await runMet(line(mozart.url, `s3://${bucket}`), { cwd, env }), { code: 1 })
      t.same(await server.contents(bucket, ''), ['foo.tar.gz'])
      t.equal(String(await get(server, bucket, 'foo.tar.gz')), 'of another run')
    })

    await t.test('what the store refuses is a line that says what to do, and nothing is registered', async t => {
      const { cwd } = await workspace(t)
      const mozart = await startMozart(t)
      const bucket = await server.bucket()
      const { AWS_ACCESS_KEY_ID: _, AWS_SECRET_ACCESS_KEY: __, ...none } = env
      const cases: Array<[repo: string, env: Record<string, string>, said: RegExp]> = [
        ['s3://nosuchbucket', env, /make the bucket nosuchbucket, or correct repo$/],
        [`s3://${bucket}`, none, /give AWS credentials that are valid.*--via-service needs none$/],
        [`s3://${bucket}`, { ...env, AWS_SECRET_ACCESS_KEY: 'wrong' }, /give AWS credentials|allow these credentials/],
        [`s3://who:SECRET@${bucket}`, env, /give AWS credentials|allow these credentials/]
      ]
      for (const [repo, env, said] of cases) {
        const { code, stderr, last } = await runMet(line(mozart.url, repo), { cwd, env })
        t.equal(code, 1)
        t.match(last, said)
        t.notMatch(stderr, /SECRET@|\n\s+at /)
      }
      t.same([mozart.requests, await server.contents(bucket, '')], [[], []])
    })

    await t.test('credentials come from a profile, or from the url, which is registered as it is', async t => {
      const { cwd } = await workspace(t)
      const mozart = await startMozart(t)
      const bucket = await server.bucket()
      const { accessKeyId, secretAccessKey } = server.credentials
      await mkdir(join(cwd, '.aws'))
      await writeFile(join(cwd, '.aws/credentials'), `[site]\naws_access_key_id=${accessKeyId}\naws_secret_access_key=${secretAccessKey}\n`)
      const { AWS_ENDPOINT_URL } = env
      t.match(await runMet(line(mozart.url, `s3://${bucket}/p`), { cwd, env: { AWS_ENDPOINT_URL: AWS_ENDPOINT_URL!, AWS_PROFILE: 'site' } }), { code: 0 })
      const repo = `s3://${accessKeyId}:${secretAccessKey}@${bucket}/u`
      t.match(await runMet(line(mozart.url, repo), { cwd, env: { AWS_ENDPOINT_URL: AWS_ENDPOINT_URL! } }), { code: 0 })
      t.equal(new URLSearchParams(mozart.requests.at(-1)?.body).get('url'), `${repo}/foo.tar.gz`)
      t.same((await server.contents(bucket, '')).sort(), ['p/foo-arm64.tar.gz', 'p/foo.tar.gz', 'u/foo-arm64.tar.gz', 'u/foo.tar.gz'])
    })

    await t.test('a lock that a failed container-met.py left stops nothing, and is told of', async t => {
      const { cwd } = await workspace(t)
      const mozart = await startMozart(t)
      const bucket = await server.bucket()
      await server.client.send(new PutObjectCommand({ Bucket: bucket, Key: 'foo.tar.gz.osaka.locked.json', Body: '{"error": "Failed"}' }))
      const { code, stderr } = await runMet(line(mozart.url, `s3://${bucket}`), { cwd, env })
      t.equal(code, 0)
      t.same(stderr.match(/warning: .*/g), [
        `warning: s3://${bucket}/foo.tar.gz.osaka.locked.json is there, left by a container-met.py: until it is removed, workers do not load the tarball`
      ])
    })

    await t.test('a store that is killed in the middle of an upload and comes back gets all of it', async t => {
      const { cwd } = await workspace(t)
      const mozart = await startMozart(t)
      const bucket = await server.bucket()
      const content = anyBytes(LARGE)
      await writeFile(join(cwd, 'large.tar.gz'), content)
      let resolveKilled = () => {}
      const killed = new Promise<void>(resolve => { resolveKilled = resolve })
      const proxy = await startProxy(t, { hold: url => url.includes('partNumber=3') ? killed : undefined })
      const met = spawnMet(line(mozart.url, `s3://${bucket}`, 'large.tar.gz', ''), {
        cwd, env: { ...env, http_proxy: proxy.url, LEPORELLO_PATIENCE: '60' }
      })
      const outcome = outcomeOf(met)
      await said(met, 'large.tar.gz: 25%')
      await server.kill()
      resolveKilled()
      while (proxy.seen.filter(line => line.includes('partNumber=3')).length < 2) await new Promise(setImmediate)
      await server.start()
      t.match(await outcome, { code: 0 })
      t.ok((await get(server, bucket, 'large.tar.gz')).equals(content))
    })

    await t.test('a signal in the middle of an upload leaves neither parts nor tarballs', async t => {
      const { cwd } = await workspace(t)
      const mozart = await startMozart(t)
      const bucket = await server.bucket()
      await writeFile(join(cwd, 'large.tar.gz'), anyBytes(LARGE))
      const proxy = await startProxy(t, { hold: url => url.includes('partNumber=3') ? new Promise(() => {}) : undefined })
      const met = spawnMet(line(mozart.url, `s3://${bucket}`, 'large.tar.gz'), { cwd, env: { ...env, http_proxy: proxy.url } })
      const outcome = outcomeOf(met)
      await said(met, 'large.tar.gz: 25%')
      met.kill('SIGINT')
      t.match(await outcome, { code: 1, last: /stopped by a signal/ })
      t.same([mozart.requests, await server.contents(bucket, 'large.tar.gz')], [[], []])
    })
  })
}
