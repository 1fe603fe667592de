import { rm, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import t from 'tap'
import { temporaryFolder } from '../app.js'
import { startService, type Service } from '../service.js'
import { leaveDownloads, openIn } from './descriptors.js'
import { tarballsIn } from './folder.js'
import { OpenUpload } from './open-upload.js'
import { tarballOf } from './tarballs.js'

const NAME = 'container-download:1.0'

t.test('what readers leave early is closed, and one that stays gets the whole', async t => {
  const service = await startService(t, { LEPORELLO_DATA_DIR: await temporaryFolder(t) })
  const tarball = tarballOf(NAME, { mebibytes: 30 })
  const { body } = await OpenUpload.put(service.url, NAME).end(tarball)
  const address = body.result.url!
  t.same(await tarballsOpenIn(service), [], 'the upload itself has closed its files')
  await leaveDownloads(address, 20)
  while ((await tarballsOpenIn(service)).length > 0) await setTimeout(20)
  const whole = await fetch(address)
  t.ok(Buffer.from(await whole.arrayBuffer()).equals(tarball))
  while ((await tarballsOpenIn(service)).length > 0) await setTimeout(20)
  await service.logged(({ method, status }) => method === 'GET' && status === 499)
  t.notOk(service.log.some(({ level }) => Number(level) >= 50), 'and none of it is an error')
})

async function tarballsOpenIn (service: Service): Promise<string[]> {
  return (await openIn(service)).filter(target => target.includes('/tarballs/'))
}

t.test('a tarball that is gone from the store is a 404 that carries nothing of it', async t => {
  const folder = await temporaryFolder(t)
  const service = await startService(t, { LEPORELLO_DATA_DIR: folder })
  const { body } = await OpenUpload.put(service.url, NAME).end(tarballOf(NAME))
  const address = body.result.url!
  await rm(join(folder, 'tarballs', 'containers'), { recursive: true })
  for (const headers of [{}, { range: 'bytes=0-9' }] as Array<Record<string, string>>) {
    const answer = await fetch(address, { headers })
    t.match([answer.status, await answer.json()], [404, { result: { code: 'TARBALL_UNKNOWN' } }])
    t.match(answer.headers.get('content-type'), 'application/json')
    for (const name of ['etag', 'repr-digest', 'accept-ranges', 'content-range']) t.equal(answer.headers.get(name), null, name)
  }
  t.equal((await fetch(address, { method: 'HEAD' })).status, 404)
})

t.test('a file of another size than the tarball\'s is a 404, and neither a wait for the rest nor the next answer', async t => {
  const folder = await temporaryFolder(t)
  const service = await startService(t, { LEPORELLO_DATA_DIR: folder })
  const tarball = tarballOf(NAME)
  const { body } = await OpenUpload.put(service.url, NAME).end(tarball)
  const address = body.result.url!
  const [file = ''] = await tarballsIn(folder)
  for (const size of [100, tarball.length + 100, 0]) {
    await truncate(file, size)
    for (const headers of [{}, { range: 'bytes=50-149' }, { range: 'bytes=-10' }] as Array<Record<string, string>>) {
      const answer = await fetch(address, { headers })
      t.match([answer.status, await answer.json()], [404, { result: { code: 'TARBALL_UNKNOWN' }, message: /another size/ }])
    }
    t.equal((await fetch(address, { method: 'HEAD' })).status, 404)
  }
  while ((await tarballsOpenIn(service)).length > 0) await setTimeout(20)
})

t.test('a tarball whose container has a long name can be downloaded', async t => {
  const { url } = await startService(t, { LEPORELLO_DATA_DIR: await temporaryFolder(t) })
  const name = `container-${'a'.repeat(110)}:${'b'.repeat(110)}`
  const tarball = tarballOf(name)
  const { body } = await OpenUpload.put(url, name).end(tarball)
  const download = await fetch(body.result.url!)
  t.equal(download.status, 200)
  t.ok(Buffer.from(await download.arrayBuffer()).equals(tarball))
})
