import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { download } from '../../src/load/download.js'
import { PartialFile } from '../../src/load/partial-file.js'
import { s3Source } from '../../src/load/s3-source.js'
import { temporaryFolder } from '../app.js'

const BYTES = Buffer.from('a tarball that is longer than what there is of it')
const URL = 's3://bucket/image.tar'

/** A server that leaves ranges out, as a cache before a store may, and breaks its first answer off if it is to. */
async function startWithoutRanges (t: Test, { breaking = false } = {}): Promise<void> {
  let answers = 0
  const server = createServer((_request, response) => {
    response.writeHead(200, { etag: '"1"', 'content-length': BYTES.length })
    if (breaking && answers++ === 0) response.write(BYTES.subarray(0, 10), () => response.destroy())
    else response.end(BYTES)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const before = { ...process.env }
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    AWS_ACCESS_KEY_ID: 'any',
    AWS_SECRET_ACCESS_KEY: 'any'
  })
  t.teardown(() => {
    process.env = before
    server.close()
    server.closeAllConnections()
  })
}

t.test('the whole that comes in place of a range is known for the whole', async t => {
  await startWithoutRanges(t)
  const { body, ...opened } = await s3Source(URL).open(5, undefined)
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  t.same([Buffer.concat(chunks), opened], [BYTES, { from: 0, size: BYTES.length, tag: '"1"' }])
})

t.test('a download that broke off is whole at its end, also where there are no ranges', async t => {
  await startWithoutRanges(t, { breaking: true })
  const path = join(await temporaryFolder(t), 'image.part')
  const file = await PartialFile.open(path)
  let retries = 0
  const watcher = { start: () => {}, advance: () => {}, retry: () => { retries++ } }
  await download(s3Source(URL), file, { sha256: null, size: null }, watcher)
  await file.close()
  t.equal(retries, 1)
  t.same(await readFile(path), BYTES)
})
