import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { Deadline } from '../../src/deadline.js'
import { anyBytes, bodyOf, bytesOf, gathered } from './bytes.js'
import type { StoreDescription } from './hanging-put.js'
import { putsContract } from './image-store-puts.js'
import { readsContract } from './image-store-reads.js'
import { KEY, SEVERAL_PARTS, type Open } from './image-store-under-test.js'

const MINUTE = 60_000

/** What every ImageStore promises. */
export function imageStoreContract (t: Test, open: Open): void {
  putsContract(t, open)
  t.test('metadata is any text', async t => {
    const { store } = await open(t)
    const metadata = { name: 'container-hello:1.0', title: ' Größe 100% \u{1F3BC} %41 ', empty: '', ulid: '01JD' }
    await store.put(KEY, bodyOf(anyBytes(10)), { contentType: 'application/gzip', metadata })
    t.same((await store.head(KEY))?.metadata, metadata)
    const read = await store.get(KEY, { first: 1 })
    t.same(read?.metadata, metadata)
    read?.body.destroy()
  })

  readsContract(t, open)

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

  t.test('any number may remove a key at once', async t => {
    const { store, contents } = await open(t)
    for (let round = 0; round < 20; round++) {
      await store.put(KEY, bodyOf(anyBytes(10)))
      await Promise.all(Array.from({ length: 8 }, async () => await store.remove(KEY)))
    }
    t.same(await contents(), [])
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
