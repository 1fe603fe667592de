import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { PassThrough, Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { Deadline } from '../../src/deadline.js'
import type { ImageStore } from '../../src/ports/image-store.js'
import { anyBytes, bodyOf, bytesOf, gathered } from './bytes.js'
import type { StoreDescription } from './hanging-put.js'

export interface ImageStoreUnderTest {
  readonly store: ImageStore
  readonly description: StoreDescription
  /** Everything that lies there, looked at past the store: the keys, and whatever should not be. */
  contents (): Promise<string[]>
}

const MIB = 1024 * 1024

/** S3's smallest part, where an adapter may go from one request to several. */
const PART = 5 * MIB
const SEVERAL_PARTS = 2 * PART + 2 * MIB + 7

/** The key of whatever the suite leaves unfinished. */
export const KEY = 'containers/hello/01JD0000000000000000000000/hello-1.0-amd64-00000000.tar.gz'
const MINUTE = 60_000

/** What every ImageStore promises. `open` gives an empty one, which ends with its test. */
export function imageStoreContract (t: Test, open: (t: Test) => Promise<ImageStoreUnderTest>): void {
  for (const size of [0, 1, 1000, PART - 1, PART, PART + 1, 2 * PART, SEVERAL_PARTS]) {
    t.test(`${size} bytes are read as they were put`, async t => {
      const { store, contents } = await open(t)
      const bytes = anyBytes(size)
      t.same(await store.put(KEY, bodyOf(bytes)), { size })
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

  t.test('metadata is any text', async t => {
    const { store } = await open(t)
    const metadata = { name: 'container-hello:1.0', title: ' Größe 100% \u{1F3BC} %41 ', empty: '', ulid: '01JD' }
    await store.put(KEY, bodyOf(anyBytes(10)), { contentType: 'application/gzip', metadata })
    t.same((await store.head(KEY))?.metadata, metadata)
    const read = await store.get(KEY, { first: 1 })
    t.same(read?.metadata, metadata)
    read?.body.destroy()
  })

  rangesContract(t, open)
  listContract(t, open)

  t.test('what is not there is undefined', async t => {
    const { store } = await open(t)
    await store.put(KEY, bodyOf(anyBytes(10)))
    for (const key of ['other', `${KEY}.facts.json`, 'containers/hello', 'containers']) {
      t.equal(await store.head(key), undefined, key)
      t.equal(await store.get(key), undefined, key)
      t.equal(await store.get(key, { first: 0 }), undefined, key)
    }
  })

  t.test('a removed object is gone, and its neighbours stay', async t => {
    const { store, contents } = await open(t)
    for (const key of [KEY, `${KEY}.facts.json`]) await store.put(key, bodyOf(anyBytes(10)), { metadata: { key } })
    await store.remove(KEY)
    t.equal(await store.head(KEY), undefined)
    t.same((await store.head(`${KEY}.facts.json`))?.metadata, { key: `${KEY}.facts.json` })
    t.same(await contents(), [`${KEY}.facts.json`])
  })

  t.test('a key that is not there can be removed', async t => {
    const { store, contents } = await open(t)
    await store.put(KEY, bodyOf(anyBytes(10)))
    for (const key of ['other', `${KEY}.facts.json`, 'containers/hello']) await store.remove(key)
    t.same(await contents(), [KEY])
  })

  t.test('of eight that create a key at once one does', async t => {
    const { store, contents } = await open(t)
    const texts = Array.from({ length: 8 }, (_, i) => Buffer.from(`catalogue ${i}`))
    const created = await Promise.all(texts.map(async text => await store.createOnce('.leporello', text)))
    t.equal(created.filter(Boolean).length, 1)
    const read = await store.get('.leporello')
    t.same(await bytesOf(read?.body), texts[created.indexOf(true)])
    t.equal(await store.createOnce('.leporello', Buffer.from('late')), false)
    t.same(await contents(), ['.leporello'])
  })

  t.test('what a killed process left is found by its age, and abandoned', async t => {
    const { store, description, contents } = await open(t)
    await crashMidPut(KEY, description)
    t.equal(await store.head(KEY), undefined)
    t.same(await gathered(store.list('')), [])
    const now = (await store.now()).getTime()
    t.same(await gathered(store.unfinished(new Date(now - MINUTE))), [], 'none is older than a minute')
    const found = await gathered(store.unfinished(new Date(now + MINUTE)))
    t.same(found.map(({ key }) => key), [KEY])
    for (const put of [...found, ...found]) await store.abandon(put)
    t.same(await gathered(store.unfinished(new Date(now + MINUTE))), [])
    t.same(await contents(), [])
  })

  t.test('a reader that leaves early is no trouble', async t => {
    const { store } = await open(t)
    const bytes = anyBytes(SEVERAL_PARTS)
    await store.put(KEY, bodyOf(bytes))
    for (let i = 0; i < 20; i++) (await store.get(KEY))?.body.destroy()
    t.ok((await bytesOf((await store.get(KEY))?.body))?.equals(bytes))
  })

  t.test('a key that could mean something else is refused', async t => {
    const { store, contents } = await open(t)
    for (const key of ['', '/a', 'a/', 'a//b', '..', '../a', 'a/../b', './a', 'a b', 'a?b', 'a%2fb', 'ü', 'a'.repeat(256)]) {
      await t.rejects(store.put(key, bodyOf(anyBytes(1))), TypeError, `put ${key}`)
      await t.rejects(store.createOnce(key, anyBytes(1)), TypeError, `createOnce ${key}`)
      await t.rejects(store.get(key), TypeError, `get ${key}`)
      await t.rejects(store.head(key), TypeError, `head ${key}`)
      await t.rejects(store.remove(key), TypeError, `remove ${key}`)
    }
    t.same(await contents(), [])
  })

  t.test('the store tells its time, and that it is up', async t => {
    const { store, contents } = await open(t)
    t.ok(Math.abs((await store.now()).getTime() - Date.now()) < MINUTE)
    t.match(await store.health(Deadline.in(5000)), { state: 'up', kind: String })
    t.same(await contents(), [])
  })
}

function rangesContract (t: Test, open: (t: Test) => Promise<ImageStoreUnderTest>): void {
  t.test('a range is the bytes from first to last, both included', async t => {
    const { store } = await open(t)
    const bytes = anyBytes(1000)
    await store.put(KEY, bodyOf(bytes))
    for (const [range, first, last] of [
      [{ first: 0, last: 0 }, 0, 0], [{ first: 0, last: 999 }, 0, 999], [{ first: 10, last: 19 }, 10, 19],
      [{ first: 990 }, 990, 999], [{ first: 999 }, 999, 999], [{ first: 900, last: 5000 }, 900, 999],
      [{ suffix: 1 }, 999, 999], [{ suffix: 1000 }, 0, 999], [{ suffix: 5000 }, 0, 999]
    ] as const) {
      const read = await store.get(KEY, range)
      t.same(read?.range, { first, last }, JSON.stringify(range))
      t.equal(read?.size, 1000)
      t.same(await bytesOf(read?.body), bytes.subarray(first, last + 1))
    }
  })

  t.test('a range without a byte of the object is refused with the size', async t => {
    const { store } = await open(t)
    await store.put(KEY, bodyOf(anyBytes(1000)))
    await store.put('empty', bodyOf(anyBytes(0)))
    for (const range of [{ first: 1000 }, { first: 5000, last: 6000 }, { suffix: 0 }]) {
      await t.rejects(store.get(KEY, range), { code: 'RANGE_NOT_SATISFIABLE', details: { size: 1000 } }, JSON.stringify(range))
    }
    for (const range of [{ first: 0 }, { suffix: 1 }]) {
      await t.rejects(store.get('empty', range), { code: 'RANGE_NOT_SATISFIABLE', details: { size: 0 } }, JSON.stringify(range))
    }
  })
}

function listContract (t: Test, open: (t: Test) => Promise<ImageStoreUnderTest>): void {
  t.test('a list is in the order of the keys, from any place', async t => {
    const { store } = await open(t)
    const keys = ['.leporello', 'containers/A/1', 'containers/a-b/1', 'containers/a.b/1', 'containers/a/1', 'containers/a/2/x',
      'containers/a/2.x', 'containers/a0/1', 'containers/b', 'other'].sort()
    for (const key of keys) await store.put(key, bodyOf(anyBytes(key.length)))
    t.same((await gathered(store.list(''))).map(({ key, size }) => [key, size]), keys.map(key => [key, key.length]))
    for (const prefix of ['containers/', 'containers/a', 'containers/a/', 'none']) {
      t.same((await gathered(store.list(prefix))).map(({ key }) => key), keys.filter(key => key.startsWith(prefix)), prefix)
    }
    for (const after of [...keys, 'containers/a/', 'a', 'z']) {
      t.same((await gathered(store.list('', after))).map(({ key }) => key), keys.filter(key => key > after), `after ${after}`)
      t.same((await gathered(store.list('containers/a', after))).map(({ key }) => key),
        keys.filter(key => key > after && key.startsWith('containers/a')), `containers/a after ${after}`)
    }
  })

  t.test('a list of more than a page holds every key once', async t => {
    const { store } = await open(t)
    const keys = Array.from({ length: 1010 }, (_, i) => `containers/${i % 7}/${i}`).sort()
    const waiting = [...keys]
    await Promise.all(Array.from({ length: 16 }, async () => {
      for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) await store.put(key, bodyOf(Buffer.of(1)))
    }))
    let pages = 0
    const listed = []
    for await (const page of store.list('containers/')) {
      t.not(page.length, 0)
      listed.push(...page.map(({ key }) => key))
      pages++
    }
    t.same(listed, keys)
    t.ok(pages > 1)
  })
}

/** Resolves when all of it was taken out of the stream's buffer. */
async function written (body: PassThrough, bytes: Buffer): Promise<void> {
  if (!body.write(bytes)) await once(body, 'drain')
}

/** Kills a process of its own in the middle of a put. */
async function crashMidPut (key: string, description: StoreDescription): Promise<void> {
  const program = fileURLToPath(new URL('./hanging-put.js', import.meta.url))
  const child = spawn(process.execPath, ['--no-warnings', program, key, JSON.stringify(description)],
    { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  await Promise.race([once(child.stdout, 'data'), exited.then(() => { throw new Error('it ended before it hung') })])
  child.kill('SIGKILL')
  await exited
}
