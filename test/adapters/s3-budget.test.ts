import { PassThrough } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import { PartBudget, partSizeFor } from '../../src/adapters/s3/part-budget.js'
import { S3ImageStore } from '../../src/adapters/s3/image-store.js'
import { partsOf } from '../../src/adapters/s3/parts.js'
import { Semaphore } from '../../src/adapters/s3/semaphore.js'
import { anyBytes, bodyOf, bytesOf } from '../contracts/bytes.js'
import { startS3Server } from '../engines/s3-server.js'
import { s3ServersUnderTest } from '../engines/under-test.js'
import { hex } from '../image/support/sample-image.js'

const MIB = 1024 * 1024

t.test('parts are as small as S3 allows, and as large as ten thousand of them must be', async t => {
  t.equal(partSizeFor(0), 5 * MIB)
  t.equal(partSizeFor(50 * 10_000 * MIB), 50 * MIB)
})

t.test('permits go to who asked first, and not to who has left', async t => {
  const semaphore = new Semaphore(1)
  const stays = new AbortController().signal
  const leaver = new AbortController()
  const order: string[] = []
  await semaphore.take(stays)
  const left = t.rejects(semaphore.take(leaver.signal), { message: 'gone' })
  const taken = ['first', 'second'].map(async name => {
    await semaphore.take(stays)
    order.push(name)
    semaphore.give()
  })
  leaver.abort(new Error('gone'))
  await left
  semaphore.give()
  await Promise.all(taken)
  t.same(order, ['first', 'second'])
})

t.test('a body is read no further than there are buffers for its parts', async t => {
  const lease = new PartBudget(20, 10).lease(4)
  const body = new PassThrough()
  const gone = new AbortController()
  const parts = partsOf(body, lease, gone.signal)
  const bytes = anyBytes(25)
  body.end(bytes)
  const [first, second] = [await parts.next(), await parts.next()]
  t.match([first.value, second.value], [{ number: 1, length: 10, isLast: false }, { number: 2, length: 10, isLast: false }])
  const third = parts.next()
  t.equal(await Promise.race([third, setImmediate('waits')]), 'waits')
  lease.give(first.value?.buffer)
  t.match((await third).value, { number: 3, length: 5, isLast: true, sha256: hex(bytes.subarray(20)) })
  t.equal(first.value?.sha256, hex(bytes.subarray(0, 10)))
})

t.test('an upload that is given up gives its buffers back', async t => {
  const budget = new PartBudget(20, 10)
  const lease = budget.lease(4)
  const gone = new AbortController()
  const body = new PassThrough()
  body.write(anyBytes(15))
  const parts = partsOf(body, lease, gone.signal)
  lease.give((await parts.next()).value?.buffer)
  const cut = t.rejects(parts.next(), { message: 'cut' })
  body.destroy(new Error('cut'))
  await cut
  const other = budget.lease(4)
  const signal = AbortSignal.timeout(1000)
  await t.resolves(Promise.all([other.take(signal), other.take(signal)]))
})

for (const kind of s3ServersUnderTest()) {
  t.test(`sixteen uploads to ${kind} share the buffers of two parts`, async t => {
    const server = await startS3Server(t, kind)
    const { endpoint, credentials } = server
    const store = new S3ImageStore({ bucket: await server.bucket(), endpoint, credentials, partBufferBytes: 21 * MIB })
    t.teardown(async () => await store.close())
    await Promise.all(Array.from({ length: 16 }, async (_, i) => {
      const bytes = anyBytes(11 * MIB)
      await store.put(`containers/${i}`, bodyOf(bytes))
      t.ok((await bytesOf((await store.get(`containers/${i}`))?.body))?.equals(bytes))
    }))
  })
}
