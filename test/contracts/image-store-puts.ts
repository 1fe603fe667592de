import { once } from 'node:events'
import { PassThrough, Readable } from 'node:stream'
import type { Test } from 'tap'
import { anyBytes, bodyOf, bytesOf } from './bytes.js'
import { KEY, PART, SEVERAL_PARTS, type Open } from './image-store-under-test.js'

/** What every ImageStore promises of `put`. */
export function putsContract (t: Test, open: Open): void {
  for (const size of [0, 1, 1000, PART - 1, PART, PART + 1, 2 * PART, SEVERAL_PARTS]) {
    t.test(`${size} bytes are read as they were put`, async t => {
      const { store, contents } = await open(t)
      const bytes = anyBytes(size)
      let told = 0
      t.same(await store.put(KEY, bodyOf(bytes), { onBytes: count => { told += count } }), { size })
      t.equal(told, size)
      const read = await store.get(KEY)
      t.equal(read?.size, size)
      t.ok((await bytesOf(read?.body))?.equals(bytes))
      t.same(await contents(), [KEY])
    })
  }

  for (const size of [0, 1000, SEVERAL_PARTS]) {
    t.test(`a body that errors after ${size} bytes leaves nothing, and its error is the reason`, async t => {
      const { store, contents } = await open(t)
      const reason = new Error('the client went away')
      await t.rejects(store.put(KEY, bodyOf(anyBytes(size), () => { throw reason })), reason)
      t.same(await contents(), [])
      t.equal(await store.head(KEY), undefined)
    })
  }

  t.test('a body that had failed before it was put leaves nothing', async t => {
    const { store, contents } = await open(t)
    const reason = new Error('the client went away')
    const body = new PassThrough().on('error', () => {})
    body.destroy(reason)
    await t.rejects(store.put(KEY, body), reason)
    t.same(await contents(), [])
  })

  t.test('a body that is destroyed half way leaves nothing', async t => {
    const { store, contents } = await open(t)
    let left = SEVERAL_PARTS
    const body = new Readable({
      read (size) {
        left -= size
        if (left > 0) this.push(anyBytes(size))
        else this.destroy()
      }
    })
    await t.rejects(store.put(KEY, body), { code: 'ERR_STREAM_PREMATURE_CLOSE' })
    t.same(await contents(), [])
  })

  for (const reason of [undefined, new Error('idle for too long')]) {
    t.test(`a body that stalls is given up by destroying it ${reason ? 'with a reason' : 'without one'}`, async t => {
      const { store, contents } = await open(t)
      const body = new PassThrough()
      const put = store.put(KEY, body)
      const refused = t.rejects(put, reason ?? { code: 'ERR_STREAM_PREMATURE_CLOSE' })
      await written(body, anyBytes(SEVERAL_PARTS))
      body.destroy(reason)
      await refused
      t.same(await contents(), [])
    })
  }

  t.test('what the store has taken is told before the body is at its end', async t => {
    const { store } = await open(t)
    const body = new PassThrough()
    let tell!: (bytes: number) => void
    const taken = new Promise<number>(resolve => { tell = resolve })
    const put = store.put(KEY, body, { onBytes: tell })
    await written(body, anyBytes(SEVERAL_PARTS))
    t.ok(await taken > 0)
    body.end()
    t.same(await put, { size: SEVERAL_PARTS })
  })

  t.test('a put replaces the bytes and the metadata', async t => {
    const { store, contents } = await open(t)
    await store.put(KEY, bodyOf(anyBytes(SEVERAL_PARTS)), { metadata: { name: 'old', only: 'old' } })
    const bytes = anyBytes(1000)
    await store.put(KEY, bodyOf(bytes), { metadata: { name: 'new' } })
    const read = await store.get(KEY)
    t.same(read?.metadata, { name: 'new' })
    t.ok((await bytesOf(read?.body))?.equals(bytes))
    t.same(await contents(), [KEY])
  })

  t.test('a put that fails leaves what was there', async t => {
    const { store, contents } = await open(t)
    const bytes = anyBytes(1000)
    await store.put(KEY, bodyOf(bytes), { metadata: { name: 'old' } })
    await t.rejects(store.put(KEY, bodyOf(anyBytes(SEVERAL_PARTS), () => { throw new Error('cut') })), { message: 'cut' })
    const read = await store.get(KEY)
    t.same(read?.metadata, { name: 'old' })
    t.ok((await bytesOf(read?.body))?.equals(bytes))
    t.same(await contents(), [KEY])
  })

  t.test('of eight puts of one key at once one is there, whole', async t => {
    const { store, contents } = await open(t)
    const bodies = Array.from({ length: 8 }, () => anyBytes(PART + 1000))
    await Promise.all(bodies.map(async (bytes, i) => await store.put(KEY, bodyOf(bytes), { metadata: { i: `${i}` } })))
    const read = await store.get(KEY)
    t.ok((await bytesOf(read?.body))?.equals(bodies[Number(read?.metadata['i'])] ?? Buffer.of()))
    await store.remove(KEY)
    t.same(await contents(), [])
  })
}

/** Resolves when all of it was taken out of the stream's buffer. */
async function written (body: PassThrough, bytes: Buffer): Promise<void> {
  if (!body.write(bytes)) await once(body, 'drain')
}
