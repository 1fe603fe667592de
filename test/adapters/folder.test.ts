import { mkdtemp, readdir, rename, rm, stat, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { Readable } from 'node:stream'
import t, { type Test } from 'tap'
import { FolderImageStore } from '../../src/adapters/folder/image-store.js'
import { Deadline } from '../../src/deadline.js'
import type { ListedObject } from '../../src/ports/image-store.js'
import { anyBytes, bodyOf } from '../contracts/bytes.js'
import { imageStoreContract } from '../contracts/image-store.js'
import type { ImageStoreUnderTest } from '../contracts/image-store-under-test.js'
import { mountSmallDisk } from '../small-disk.js'

async function folder (t: Test): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'leporello-folder-'))
  t.teardown(async () => await rm(root, { recursive: true }))
  return root
}

async function open (t: Test): Promise<ImageStoreUnderTest> {
  const root = await folder(t)
  return underTest(root)
}

function underTest (root: string): ImageStoreUnderTest {
  const options = { root, publicUrl: () => 'http://127.0.0.1:8888' }
  const store = new FolderImageStore(options)
  return { store, description: { kind: 'folder', options }, contents: async () => await contentsOf(root) }
}

/** The files of the folder, without the metadata of objects that are there. */
async function contentsOf (root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  const files = entries.filter(entry => entry.isFile()).map(entry => relative(root, join(entry.parentPath, entry.name)))
  const owned = await Promise.all(files.filter(file => !file.startsWith('.metadata/')).map(async file => {
    const { mtimeMs } = await stat(join(root, file), { bigint: true })
    return join('.metadata', file, `${mtimeMs}.json`)
  }))
  return files.filter(file => !owned.includes(file)).sort()
}

t.test('a folder', async t => imageStoreContract(t, open))

t.test('empty folders do not pile up', async t => {
  const root = await folder(t)
  const { store } = underTest(root)
  for (const key of ['containers/a/1/x', 'containers/a/2/x']) await store.put(key, bodyOf(anyBytes(1)))
  await store.remove('containers/a/1/x')
  t.same((await readdir(root, { recursive: true })).filter(name => name.includes('a/1')), [])
  await store.remove('containers/a/2/x')
  t.same(await readdir(root), ['.unfinished'])
})

t.test('what lies behind a link to a folder is listed as it is read, and a circle of links once', async t => {
  const [root, elsewhere] = [await folder(t), await folder(t)]
  const { store } = underTest(root)
  const keys = ['containers/a/1/x', 'containers/b.c/1/x', 'containers/b/1/x', 'containers/c/1/x']
  for (const key of keys) await store.put(key, bodyOf(anyBytes(1)))
  await rename(join(root, 'containers/b'), join(elsewhere, 'b'))
  await symlink(join(elsewhere, 'b'), join(root, 'containers/b'))
  await symlink(join(elsewhere, 'nowhere'), join(root, 'containers/dead'))
  await symlink('itself', join(root, 'containers/itself'))
  const listed = async (prefix: string, after?: string) =>
    (await Readable.from(store.list(prefix, after)).toArray() as ListedObject[][]).flat().map(({ key }) => key)
  t.same(await listed('containers/'), keys)
  t.same(await listed('containers/b/1/'), ['containers/b/1/x'])
  t.same(await listed('containers/', 'containers/b.c/1/x'), keys.slice(2))
  await symlink('..', join(root, 'containers/c/round'))
  await symlink(join(root, 'containers/c'), join(elsewhere, 'b/across'))
  const all = await listed('containers/')
  t.same(keys.filter(key => !all.includes(key)), [])
  t.equal(new Set(all).size, all.length)
  t.equal((await store.head('containers/itself')), undefined)
  await store.put('containers/b/2/x', bodyOf(anyBytes(1)))
  await store.remove('containers/b/1/x')
  await store.remove('containers/b/2/x')
  t.same(await readdir(join(elsewhere, 'b')), ['across'])
})

t.test('the folder\'s own names are no keys', async t => {
  const { store } = await open(t)
  for (const key of ['.unfinished/x', '.metadata/x']) await t.rejects(store.put(key, bodyOf(anyBytes(1))), TypeError)
})

t.test('puts and removals next to each other do not disturb', async t => {
  const { store, contents } = await open(t)
  await Promise.all(Array.from({ length: 8 }, async (_, i) => {
    for (let n = 0; n < 20; n++) {
      await store.put(`containers/a/${i}/x`, bodyOf(anyBytes(10)))
      await store.remove(`containers/a/${i}/x`)
    }
  }))
  t.same(await contents(), [])
})

t.test('a url is that of the download route', async t => {
  const store = new FolderImageStore({ root: '/x', publicUrl: () => 'https://h/mozart/' })
  t.equal(store.location('containers/hello/01JD/hello-1.tar'),
    'https://h/mozart/api/v0.1/container/tarball/01JD/hello-1.tar')
  t.throws(() => new FolderImageStore({ root: '/x' }).location('a/b'), { code: 'PUBLIC_URL_MISSING' })
})

t.test('a folder that cannot be used is refused by name', async t => {
  const root = await folder(t)
  const { store } = underTest(root)
  await store.put('file', bodyOf(anyBytes(1)))
  const inFile = underTest(join(root, 'file')).store
  await t.rejects(inFile.put('a/b', bodyOf(anyBytes(1))), { code: 'STORE_REFUSED', message: join(root, 'file') })
  t.match(await inFile.health(Deadline.in(5000)), { state: 'down', reason: join(root, 'file') })
})

const disk = mountSmallDisk(8)

t.test('however often somebody looks at a folder that hangs, it is asked once', async t => {
  const store = new FolderImageStore({ root: await folder(t) })
  const alive = setInterval(() => {}, 1000)
  t.teardown(() => clearInterval(alive))
  let asked = 0
  let answer!: (time: Date) => void
  store.now = async () => await new Promise(resolve => { [asked, answer] = [asked + 1, resolve] })
  const late = await Promise.all([store.health(Deadline.in(20)), store.health(Deadline.in(20))])
  t.match([...late, await store.health(Deadline.in(20))], [{ state: 'down' }, { state: 'down' }, { state: 'down', reason: /does not answer/ }])
  t.equal(asked, 1)
  const looked = store.health(Deadline.in(5000))
  answer(new Date())
  t.match(await looked, { state: 'up' })
  const again = store.health(Deadline.in(5000))
  answer(new Date())
  t.match(await again, { state: 'up' })
  t.equal(asked, 2)
})

t.test('a full disk is STORE_FULL with nothing left, and the next put fits', { skip: disk.skip }, async t => {
  t.equal(disk.failure, undefined, 'the small disk is there')
  const { store, contents } = underTest(join(disk.folder, 'store'))
  const tooMuch = bodyOf(anyBytes(16 * 1024 * 1024))
  await t.rejects(store.put('containers/a/b', tooMuch), { code: 'STORE_FULL', message: disk.folder })
  t.same(await contents(), [])
  t.same(await store.put('containers/a/b', bodyOf(anyBytes(1024))), { size: 1024 })
})

t.test('a folder that goes over to another file system is refused with what it must be', { skip: disk.skip }, async t => {
  const root = await folder(t)
  const { store, contents } = underTest(root)
  await symlink(disk.folder, join(root, 'containers'))
  await t.rejects(store.put('containers/a/1/x', bodyOf(anyBytes(1))), { code: 'STORE_REFUSED', message: /EXDEV.*one file system/ })
  t.same(await contents(), [])
})
