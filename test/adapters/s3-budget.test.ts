import t from 'tap'
import { Gate } from '../../src/adapters/s3/gate.js'
import { PartBudget, partSizeFor } from '../../src/adapters/s3/part-budget.js'
import { S3ImageStore } from '../../src/adapters/s3/image-store.js'
import { Semaphore } from '../../src/adapters/s3/semaphore.js'
import { anyBytes, bodyOf, bytesOf } from '../contracts/bytes.js'
import { startS3Server } from '../engines/s3-server.js'

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

t.test('a gate lets through no part that has no buffer, and takes none when it is destroyed', async t => {
  const budget = new PartBudget(4 * 10, 10)
  const lease = budget.lease(4)
  const gate = new Gate(lease)
  let seen = 0
  gate.on('data', (chunk: Buffer) => { seen += chunk.length })
  for (let i = 0; i < 10; i++) gate.write(anyBytes(5))
  await new Promise(setImmediate)
  t.equal(seen, 25, 'two parts of ten bytes, and the chunk by which the second is known to be full')
  lease.release()
  await new Promise(setImmediate)
  t.equal(seen, 35)
  gate.destroy()
  lease.end()
  const other = budget.lease(4)
  await other.cover(20, AbortSignal.timeout(1000))
  t.pass('both buffers are free again')
})

t.test('sixteen uploads share the buffers of two parts', async t => {
  const server = await startS3Server(t, 'versitygw')
  const { endpoint, credentials } = server
  const store = new S3ImageStore({ bucket: await server.bucket(), endpoint, credentials, partBufferBytes: 21 * MIB })
  t.teardown(async () => await store.close())
  await Promise.all(Array.from({ length: 16 }, async (_, i) => {
    const bytes = anyBytes(11 * MIB)
    await store.put(`containers/${i}`, bodyOf(bytes))
    t.ok((await bytesOf((await store.get(`containers/${i}`))?.body))?.equals(bytes))
  }))
})
