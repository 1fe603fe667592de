import t from 'tap'
import { startS3Server } from '../engines/s3-server.js'
import { s3ServersUnderTest } from '../engines/under-test.js'
import { containersOf } from './documents.js'
import { OpenUpload } from './open-upload.js'
import { s3Service } from './s3-service.js'
import { MIB, tarballOf } from './tarballs.js'

for (const kind of s3ServersUnderTest()) {
  t.test(`many uploads at once to ${kind} take turns with fewer buffers than there are uploads`, async t => {
    const server = await startS3Server(t, kind)
    const { service, bucket } = await s3Service(t, server, { LEPORELLO_S3_BUFFER_BYTES: String(16 * MIB), LEPORELLO_UPLOADS_PER_USER: '16' })
    const names = Array.from({ length: 16 }, (_, n) => `container-${String(n).padStart(2, '0')}:1.0`)
    const tarballs = names.map(name => tarballOf(name, { mebibytes: 12 }))
    const answers = await Promise.all(names.map((name, n) => OpenUpload.put(service.url, name).end(tarballs[n]!)))
    t.same(answers.map(({ status, body }) => [status, body.result['id']]), names.map(name => [200, name]))
    t.same(await containersOf(service.url), names)
    for (const n of [0, 15]) {
      const download = await fetch(answers[n]!.body.result.url!)
      t.ok(Buffer.from(await download.arrayBuffer()).equals(tarballs[n]!))
    }
    const contents = await server.contents(bucket, '')
    t.equal(contents.length, 2 * names.length + 1, 'each tarball with its facts, the mark of the place, and nothing else')
  })
}
