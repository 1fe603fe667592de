import t from 'tap'
import { startS3Server } from '../engines/s3-server.js'
import { s3ServersUnderTest } from '../engines/under-test.js'
import { mountSmallDisk } from '../small-disk.js'
import { containersOf, uploadRecordsIn } from './documents.js'
import { OpenUpload } from './open-upload.js'
import { s3Service } from './s3-service.js'
import { tarballOf } from './tarballs.js'

const NAME = 'container-large:1.0'

for (const kind of s3ServersUnderTest()) {
  const disk = mountSmallDisk(24)
  t.test(`a tarball for which ${kind} has no room is a 507, leaves nothing, and a smaller one fits`, { skip: disk.skip }, async t => {
    t.equal(disk.failure, undefined, 'the small disk is there')
    const server = await startS3Server(t, kind, disk.folder)
    const { service: { url }, bucket, env } = await s3Service(t, server)
    const { status, body } = await OpenUpload.put(url, NAME).end(tarballOf(NAME, { mebibytes: 40 }))
    t.match({ status, body }, { status: 507, body: { result: { code: 'STORE_FULL' }, message: `The store s3://${bucket}/ has no room left` } })
    t.same(await server.contents(bucket, ''), ['.leporello'])
    t.same(await containersOf(url), [])
    t.same(await uploadRecordsIn(env.LEPORELLO_DATA_DIR), [])
    t.match(await OpenUpload.put(url, NAME).end(tarballOf(NAME, { mebibytes: 4 })), { status: 200 })
  })
}
