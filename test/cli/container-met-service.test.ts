import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { temporaryFolder } from '../app.js'
import { podmanArchive, sampleImage } from '../image/support/sample-image.js'
import { tar } from '../image/support/tar-writer.js'
import { startService } from '../service.js'
import { MIB } from '../uploads/tarballs.js'
import { accept, answer, runMet, selfSigned, startMozart } from './container-met.js'

const NAME = 'container-foo:1.0'

/** A folder with an image for each of both architectures, and the id of the one for amd64. */
async function images (t: Test): Promise<{ cwd: string, digest: string, tarballs: Buffer[] }> {
  const cwd = await temporaryFolder(t)
  const [x86, arm] = ['amd64', 'arm64'].map(architecture => sampleImage({ architecture }))
  const tarballs = [x86!, arm!].map(image => tar(podmanArchive(image, NAME)))
  await writeFile(join(cwd, 'foo.tar'), tarballs[0]!)
  await writeFile(join(cwd, 'foo-arm64.tar'), tarballs[1]!)
  return { cwd, digest: `sha256:${createHash('sha256').update(x86!.config).digest('hex')}`, tarballs }
}

const line = (url: string, digest: string, ...tarballs: string[]) =>
  [NAME, '1.0', tarballs[0] ?? 'foo.tar', '', digest, url, tarballs[1] ?? 'foo-arm64.tar']

interface Document {
  readonly url: string
  readonly digest: string
  readonly images: ReadonlyArray<{ architecture: string, verified: boolean }>
}

async function registered (url: string): Promise<Document | null> {
  return (await (await fetch(`${url}/container/info?id=${NAME}`)).json() as { result: Document | null }).result
}

t.test('a Leporello answers OPTIONS container/upload with 200, under each base', async t => {
  const { url } = await startService(t, { LEPORELLO_DATA_DIR: await temporaryFolder(t) })
  for (const base of ['/api/v0.1', '/api/v0.2', '']) {
    const response = await fetch(`${url}${base}/container/upload`, { method: 'OPTIONS' })
    t.equal(response.status, 200)
    t.match(response.headers.get('allow'), /\bPOST\b/)
  }
})

t.test('--via-service: the Leporello proves and stores the tarballs and registers them, and repo may be empty', async t => {
  const { cwd, digest, tarballs } = await images(t)
  const { url } = await startService(t, { LEPORELLO_DATA_DIR: await temporaryFolder(t) })
  const outcome = await runMet(['--via-service', ...line(`${url}/api/v0.1`, digest)], { cwd })
  t.match(outcome, { code: 0, stdout: '', last: `container-met: ${NAME} is registered` })
  const document = await registered(url)
  t.match(document, { digest, images: [{ architecture: 'amd64', verified: true }, { architecture: 'arm64', verified: true }] })
  t.ok(Buffer.from(await (await fetch(document!.url)).arrayBuffer()).equals(tarballs[0]!))
})

t.test('LEPORELLO_VIA_SERVICE=1 is the option, and 0 is not; the service\'s warnings are shown', async t => {
  const { cwd, digest } = await images(t)
  const { url } = await startService(t, { LEPORELLO_DATA_DIR: await temporaryFolder(t) })
  const env = { LEPORELLO_VIA_SERVICE: '1' }
  t.match(await runMet(line(url, digest), { cwd, env }), { code: 0 })
  t.match(await runMet(line(url, digest, 'foo.tar', ''), { cwd, env }), { code: 0, stderr: /container-met: warning: .*arm64.*mode=merge/ })
  t.match((await registered(url))?.images, [{ architecture: 'amd64' }])
  t.match(await runMet(line(url, digest), { cwd, env: { LEPORELLO_VIA_SERVICE: '0' } }), { code: 1, last: /repo is empty/ })
})

t.test('an image for another architecture is refused, in a line, and nothing is registered', async t => {
  const { cwd, digest } = await images(t)
  const { url } = await startService(t, { LEPORELLO_DATA_DIR: await temporaryFolder(t) })
  t.match(await runMet(['--via-service', ...line(url, digest, 'foo-arm64.tar', '')], { cwd }), { code: 1, stdout: '', last: /refuses \(422\): .*arm64/ })
  t.equal(await registered(url), null)
})

t.test('a refusal that comes while the tarball is still being sent is understood', async t => {
  const { cwd, digest } = await images(t)
  await writeFile(join(cwd, 'large.tar'), Buffer.alloc(64 * MIB, 'no tar'))
  const { url } = await startService(t, { LEPORELLO_DATA_DIR: await temporaryFolder(t) })
  const { code, last, stderr } = await runMet(['--via-service', ...line(url, digest, 'large.tar')], { cwd })
  t.equal(code, 1)
  t.match(last, /container\/upload refuses \(422\): /)
  t.notMatch(stderr, /foo-arm64/, 'the second is not begun')
})

t.test('a Mozart at the other end is said to be none, and gets nothing', async t => {
  const { cwd, digest } = await images(t)
  const mozart = await startMozart(t, (response, { path }) => answer(response, path.endsWith('/upload') ? 404 : 200, { message: 'no' }))
  t.match(await runMet(['--via-service', ...line(mozart.url, digest)], { cwd }), { code: 1, last: /no Leporello is at mozart_url; leave --via-service/ })
  t.same(mozart.requests.map(({ method, path }) => `${method} ${path}`), ['OPTIONS /api/v0.1/container/upload'])
})

t.test('503 and then 200, and a connection that is cut in the middle of a tarball: all of it is sent again', async t => {
  const { cwd, digest, tarballs } = await images(t)
  const bodies: string[] = []
  let posts = 0
  const server = createServer((request, response) => {
    if (request.method === 'OPTIONS') response.end()
    else if (++posts === 1) request.once('data', () => request.socket.destroy())
    else {
      text(request.setEncoding('latin1')).then(body => {
        bodies.push(body)
        if (posts === 2) answer(response, 503, { message: 'later' })
        else accept(response, { method: '', path: '', headers: {}, body }, posts)
      }, () => {})
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.close() })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const outcome = await runMet(['--via-service', ...line(url, digest)], { cwd, env: { LEPORELLO_PATIENCE: '60' } })
  t.match(outcome, { code: 0, stderr: /trying again for 60 s\n/ })
  t.equal(bodies.length, 2)
  t.equal(bodies[0], bodies[1])
  for (const tarball of tarballs) t.ok(bodies[1]?.includes(tarball.toString('latin1')))
})

t.test('a service that stops reading is given up', async t => {
  const { cwd, digest } = await images(t)
  await writeFile(join(cwd, 'large.tar'), Buffer.alloc(64 * MIB))
  const server = createServer((request, response) => { if (request.method === 'OPTIONS') response.end() }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  t.match(await runMet(['--via-service', '--timeout', '0.5', ...line(url, digest, 'large.tar')], { cwd }), { code: 1, last: /gave no answer \(no answer in 500 ms\)/ })
})

t.test('over https with a certificate that nobody vouches for', async t => {
  const { cwd, digest } = await images(t)
  const { certFile, keyFile } = await selfSigned(t)
  const { url } = await startService(t, {
    LEPORELLO_DATA_DIR: await temporaryFolder(t), LEPORELLO_TLS_CERT: certFile, LEPORELLO_TLS_KEY: keyFile
  })
  t.match(await runMet(['--via-service', ...line(`${url}/api/v0.1`, digest)], { cwd }), { code: 0, stderr: /warning: the certificate of https:\S+ is not verified/ })
  t.match(await runMet(['--via-service', '--verify-tls', ...line(url, digest)], { cwd }), { code: 1, last: /self-signed/ })
})
