import { setTimeout } from 'node:timers/promises'
import t from 'tap'
import { startS3Server } from '../engines/s3-server.js'
import { s3ServersUnderTest } from '../engines/under-test.js'
import type { Service } from '../service.js'
import { leaveDownloads, openIn } from './descriptors.js'
import { OpenUpload } from './open-upload.js'
import { s3Service } from './s3-service.js'
import { tarballOf } from './tarballs.js'

const NAME = 'container-download:1.0'

for (const kind of s3ServersUnderTest()) {
  t.test(kind, async t => {
    const server = await startS3Server(t, kind)

    t.test('where clients reach the server they are redirected there, with their ranges', async t => {
      const { service } = await s3Service(t, server, { LEPORELLO_S3_PUBLIC_ENDPOINT: server.endpoint })
      const tarball = tarballOf(NAME, { mebibytes: 6 })
      const { body } = await OpenUpload.put(service.url, NAME).end(tarball)
      const address = body.result.url!
      const redirect = await fetch(address, { redirect: 'manual' })
      t.match([redirect.status, redirect.headers.get('cache-control')], [307, 'no-store'])
      t.ok(redirect.headers.get('location')!.startsWith(server.endpoint))
      t.ok(Buffer.from(await (await fetch(address)).arrayBuffer()).equals(tarball))
      t.same(await ranged(address, 'bytes=100-199'), [206, tarball.subarray(100, 200)])
      t.same(await ranged(address, 'bytes=-10'), [206, tarball.subarray(-10)])
      const beyond = await fetch(address, { headers: { range: `bytes=${tarball.length}-` } })
      t.equal(beyond.status, 416)
      const head = await fetch(address, { method: 'HEAD' })
      t.match([head.status, head.headers.get('content-length')], [200, String(tarball.length)])
      t.equal((await fetch(address, { headers: { 'if-none-match': redirect.headers.get('etag')! } })).status, 304)
      t.equal((await fetch(`${address}.osaka.locked.json`, { redirect: 'manual' })).status, 404)
      const signed = await service.logged(({ route, status }) => String(route).includes('tarball') && status === 307)
      t.notMatch(JSON.stringify(signed), /Signature/)
    })

    t.test('otherwise the tarball comes through the service, and what a reader leaves is closed', async t => {
      const { service } = await s3Service(t, server)
      const tarball = tarballOf(NAME, { mebibytes: 30 })
      const { body } = await OpenUpload.put(service.url, NAME).end(tarball)
      const address = body.result.url!
      t.ok(Buffer.from(await (await fetch(address)).arrayBuffer()).equals(tarball))
      t.same(await ranged(address, 'bytes=100-199'), [206, tarball.subarray(100, 200)])
      t.equal((await fetch(address, { headers: { range: `bytes=${tarball.length}-` } })).status, 416)
      const idle = await socketsOf(service)
      await leaveDownloads(address, 20)
      while (await socketsOf(service) > idle) await setTimeout(20)
      t.pass('no connection to the store or to a client is left')
      t.notOk(service.log.some(({ level }) => Number(level) >= 50), 'and none of it is an error')
    })

    t.test('a server that dies in the middle of a download breaks it off, and the next one is whole', async t => {
      const { service } = await s3Service(t, server)
      const tarball = tarballOf(NAME, { mebibytes: 30 })
      const { body } = await OpenUpload.put(service.url, NAME).end(tarball)
      const address = body.result.url!
      const answer = await fetch(address)
      await server.kill()
      t.equal(answer.status, 200)
      await t.rejects(answer.arrayBuffer(), 'a part of it is not taken for the whole')
      await server.start()
      const again = await fetch(address)
      t.ok(Buffer.from(await again.arrayBuffer()).equals(tarball))
    })
  })
}

async function ranged (address: string, range: string): Promise<[number, Buffer]> {
  const answer = await fetch(address, { headers: { range } })
  return [answer.status, Buffer.from(await answer.arrayBuffer())]
}

async function socketsOf (service: Service): Promise<number> {
  return (await openIn(service)).filter(target => target.startsWith('socket:')).length
}
