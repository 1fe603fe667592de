import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { temporaryFolder } from '../app.js'
import { startService, type Service } from '../service.js'
import { OpenUpload } from '../uploads/open-upload.js'
import { tarballOf } from '../uploads/tarballs.js'

const DESCRIPTORS = 60
const NAME = 'container-crowd:1'

t.test('a crowd that takes all descriptors is served or refused, and when it has left all is as before', async t => {
  const { service, url } = await started(t)
  for (let round = 0; round < 3; round++) {
    const crowd = await gather(url, DESCRIPTORS * 2)
    // Whoever is connected still, is served or refused by an answer; the others were let go.
    const answers = await Promise.all(crowd.map(ask))
    t.ok(answers.some(each => /^HTTP\/1.1 200/.test(each)), `${answers.filter(each => /^HTTP\/1.1 200/.test(each)).length} of ${crowd.length} are answered`)
    t.same(answers.filter(each => each !== '' && !/^HTTP\/1.1 (200|50[37])/.test(each)), [])
    for (const socket of crowd) socket.destroy()
    await untilServed(url)
  }
  const tarball = tarballOf(NAME)
  const { status, body } = await OpenUpload.put(url, NAME).end(tarball)
  t.equal(status, 200)
  t.ok(Buffer.from(await (await fetch(body.result.url!)).arrayBuffer()).equals(tarball))
  t.same(await service.stop(), { code: 0, signal: null })
  t.equal(service.errors(), '')
})

t.test('an upload for which there is no descriptor is asked to come later, and leaves nothing', async t => {
  const { service, url } = await started(t)
  const first = OpenUpload.put(url, NAME, { expect: '100-continue' })
  first.sendHeaders()
  await first.wanted
  const crowd = await gather(url, DESCRIPTORS * 2)
  const answer = await first.end(tarballOf(NAME))
  t.match(answer.status, 503, JSON.stringify(answer.body))
  for (const socket of crowd) socket.destroy()
  await untilServed(url)
  const { result } = await (await fetch(`${url}/container/list`)).json() as { result: string[] }
  t.same(result, [])
  t.match(await OpenUpload.put(url, NAME).end(tarballOf(NAME)), { status: 200 })
  t.same(await service.stop(), { code: 0, signal: null })
})

async function started (t: Test): Promise<{ service: Service, url: string }> {
  const service = await startService(t, { LEPORELLO_DATA_DIR: await temporaryFolder(t) }, { descriptors: DESCRIPTORS })
  await untilServed(service.url)
  return { service, url: service.url }
}

/** So many connections, as far as they can be had; an operating system takes them also when the service cannot. */
async function gather (url: string, count: number): Promise<Socket[]> {
  const { hostname, port } = new URL(url)
  const sockets = Array.from({ length: count }, () => connect(Number(port), hostname).on('error', () => {}))
  await Promise.all(sockets.map(socket => Promise.race([once(socket, 'connect'), once(socket, 'close')])))
  return sockets
}

/** What it is answered; nothing where it is let go, or where nobody has taken it. */
async function ask (socket: Socket): Promise<string> {
  if (socket.destroyed) return ''
  socket.write('GET /container/list HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n')
  return await new Promise(resolve => {
    let said = ''
    socket.on('data', bytes => { said += bytes }).once('close', () => resolve(said)).once('end', () => resolve(said))
  })
}

async function untilServed (url: string): Promise<void> {
  while (!await fetch(`${url}/container/list`).then(async answer => await answer.text() !== '' && answer.ok, () => false)) await setTimeout(50)
}
