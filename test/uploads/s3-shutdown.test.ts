import { setTimeout } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { startS3Server, type S3Server } from '../engines/s3-server.js'
import { s3ServersUnderTest } from '../engines/under-test.js'
import { startService } from '../service.js'
import { containersOf, uploadRecordsIn } from './documents.js'
import { OpenUpload } from './open-upload.js'
import { s3Service } from './s3-service.js'
import { MIB, tarballOf } from './tarballs.js'

const NAME = 'container-last:1.0'

for (const kind of s3ServersUnderTest()) {
  t.test(kind, async t => {
    const server = await startS3Server(t, kind)

    t.test('an upload in parts that ends within the grace period is registered', async t => {
      const { service, env, bucket, upload, rest } = await begun(t, server, '30000')
      const ended = service.stop()
      await service.logged(({ msg }) => msg === 'closing on SIGTERM')
      t.match(await upload.end(rest), { status: 200, headers: { connection: 'close' } })
      t.same(await ended, { code: 0, signal: null })
      t.equal((await server.contents(bucket, '')).filter(each => each.startsWith('unfinished')).length, 0)
      t.same(await containersOf((await startService(t, env)).url), [NAME])
    })

    t.test('one that stalls is cut off at its end, and leaves nothing in the store', async t => {
      const { service, env, bucket } = await begun(t, server, '300')
      t.same(await service.stop(), { code: 0, signal: null })
      t.same((await server.contents(bucket, '')).filter(each => each !== '.leporello'), [])
      t.same(await uploadRecordsIn(env.LEPORELLO_DATA_DIR), [])
    })

    t.test('a store that stalls does not keep the service from ending as it should', async t => {
      const { service } = await begun(t, server, '300')
      server.pause()
      t.same(await service.stop(), { code: 0, signal: null })
      t.notOk(service.log.some(({ msg }) => String(msg).startsWith('ending without waiting')))
      server.resume()
    })
  })
}

/** A service with so long to end, and an upload whose first part is in the store and whose last is still to come. */
async function begun (t: Test, server: S3Server, graceMs: string) {
  const { service, env, bucket } = await s3Service(t, server, { LEPORELLO_SHUTDOWN_GRACE_MS: graceMs })
  const upload = OpenUpload.put(service.url, NAME)
  const tarball = tarballOf(NAME, { mebibytes: 14 })
  upload.send(tarball.subarray(0, 13 * MIB))
  while (!(await server.contents(bucket, '')).some(each => each.startsWith('unfinished'))) await setTimeout(20)
  return { service, env, bucket, upload, rest: tarball.subarray(13 * MIB) }
}
