import { mkdir, readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Test } from 'tap'
import t from 'tap'
import { EmbeddedDocumentIndex } from '../../../src/adapters/embedded/document-index.js'
import { Deadline } from '../../../src/deadline.js'
import { ABSENT } from '../../../src/ports/document-index.js'
import { documentIndexContract } from '../../contracts/document-index.js'
import {
  ample, container, create, createAll, read, sameIds, versionOf
} from '../../contracts/document-index/helpers.js'
import { RemoteDocumentIndex } from './remote-index.js'

async function open (t: Test, folder: string): Promise<EmbeddedDocumentIndex> {
  const index = await EmbeddedDocumentIndex.open({ folder })
  t.teardown(async () => { await index.close() })
  return index
}

t.test('the contract', async t => {
  documentIndexContract(t, async t => {
    const folder = t.testdir()
    return { index: await open(t, folder), again: async () => await open(t, folder) }
  })
})

// In one process, clients of one folder may share what lmdb keeps in memory.
t.test('the contract over several processes', async t => {
  documentIndexContract(t, async t => {
    const folder = t.testdir()
    return { index: await open(t, folder), again: async () => await RemoteDocumentIndex.open(t, folder) }
  })
})

t.test('the folder is made, with the folders above it', async t => {
  const folder = join(t.testdir(), 'not', 'there')
  await create(await open(t, folder), 'container', 'a')
  t.ok((await readFile(join(folder, 'catalogue.lmdb'))).length > 0)
})

t.test('an index that is opened again finds everything, and counts its versions on', async t => {
  const folder = t.testdir()
  const before = await open(t, folder)
  const version = await create(before, 'container', 'a')
  const removed = await create(before, 'hysds_io', 'gone')
  const last = versionOf(await before.remove('hysds_io', 'gone', removed, ample()))
  await before.close()

  const index = await open(t, folder)
  t.strictSame(await read(index, 'container', 'a'), { id: 'a', json: container('a'), version })
  await sameIds(t, index, 'hysds_io', [])
  t.ok(Number(await create(index, 'hysds_io', 'gone')) > Number(last))
})

t.test('versions count up over all documents and kinds', async t => {
  const index = await open(t, t.testdir())
  const first = await create(index, 'container', 'a')
  const second = await create(index, 'job_spec', 'a')
  const third = versionOf(await index.put('container', 'a', container('a', 1), first, ample()))
  const fourth = versionOf(await index.remove('job_spec', 'a', second, ample()))
  const numbers = [first, second, third, fourth].map(Number)
  t.same(numbers.toSorted((a, b) => a - b), numbers)
  t.equal(new Set(numbers).size, 4)
})

t.test('a write whose deadline has passed is refused, may be repeated in a second, and never happens', async t => {
  const index = await open(t, t.testdir())
  const late = index.put('container', 'a', container('a'), ABSENT, Deadline.in(0))
  await t.rejects(late, { code: 'INDEX_UNAVAILABLE', retryAfterSeconds: 1 })
  await create(index, 'container', 'b')
  t.equal(await index.get('container', 'a'), undefined)
})

t.test('what cannot be opened is refused with a sentence that names the file', async t => {
  const refused = async (folder: string, reason: RegExp): Promise<void> => {
    const file = join(folder, 'catalogue.lmdb')
    await t.rejects(EmbeddedDocumentIndex.open({ folder }), { code: 'INDEX_UNAVAILABLE', message: reason })
    await t.rejects(EmbeddedDocumentIndex.open({ folder }), { message: `The index ${file} cannot be opened: ` })
  }
  const root = t.testdir({ file: 'in the way', text: { 'catalogue.lmdb': 'not a database\n'.repeat(1000) } })

  await refused(join(root, 'file'), /EEXIST|ENOTDIR/)
  await refused(join(root, 'text'), /it is not an LMDB file\.$/)
  await mkdir(join(root, 'folder', 'catalogue.lmdb'), { recursive: true })
  await refused(join(root, 'folder'), /EISDIR/)
  await writeFile(join(root, 'text', 'catalogue.lmdb'), Buffer.alloc(65_536))
  await refused(join(root, 'text'), /it is not an LMDB file\.$/)

  const cut = join(root, 'cut')
  const whole = await open(t, cut)
  await createAll(whole, 'container', Array.from({ length: 500 }, (_, n) => `c-${n}`))
  await whole.close()
  await truncate(join(cut, 'catalogue.lmdb'), 12_288)
  await refused(cut, /the file is cut off\.$/)
})

t.test('a folder that may not be written is refused with its reason', async t => {
  const folder = t.testdir()
  const asRoot = process.geteuid?.() === 0
  await mkdir(join(folder, 'closed'), { mode: asRoot ? 0o700 : 0o500 })
  if (asRoot) process.seteuid?.(65_534)
  try {
    const opened = EmbeddedDocumentIndex.open({ folder: join(folder, 'closed') })
    await t.rejects(opened, { code: 'INDEX_UNAVAILABLE', message: /closed.catalogue\.lmdb cannot be opened: .*denied/ })
  } finally {
    if (asRoot) process.seteuid?.(0)
  }
})
