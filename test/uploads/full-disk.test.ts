import { mkdtemp, readdir, rm, statfs, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import t, { type Test } from 'tap'
import { temporaryFolder } from '../app.js'
import { startService } from '../service.js'
import { mountSmallDisk } from '../small-disk.js'
import { containersOf, uploadRecordsIn } from './documents.js'
import { OpenUpload, type Answer } from './open-upload.js'
import { MIB, tarballOf } from './tarballs.js'

const NAME = 'container-large:1.0'

const { folder: disk, failure, skip } = mountSmallDisk(24)
const BALLAST = join(disk, 'ballast')
const PAGE = 4096

const FULL = { status: 507, body: { success: false, result: { code: 'STORE_FULL' } } }

t.test('a tarball for which the store has no room is a 507, leaves nothing, and a smaller one fits', { skip }, async t => {
  t.equal(failure, undefined, 'the small disk is there')
  const { url, folder, store } = await serviceOnDisk(t)
  const tarball = tarballOf(NAME, { mebibytes: 40 })
  for (const begin of [whole, inForm, () => OpenUpload.put(url, NAME, { 'content-length': String(tarball.length) })]) {
    const upload = begin(url)
    upload.send(tarball.subarray(0, -MIB))
    const answer = await upload.answer
    t.match(answer, FULL)
    t.match(answer.body.message, `The folder for tarballs, ${store}, has no room left (ENOSPC).`)
    await hasNothing(t, url, folder, store)
  }
  const smaller = tarballOf(NAME, { mebibytes: 4 })
  const { status, body } = await OpenUpload.put(url, NAME).end(smaller)
  t.equal(status, 200)
  t.ok(Buffer.from(await (await fetch(body.result.url!)).arrayBuffer()).equals(smaller))
})

t.test('the first of two tarballs goes again when there is no room for the second', { skip }, async t => {
  const { url, folder, store } = await serviceOnDisk(t)
  const upload = inForm(url)
  upload.send(tarballOf(NAME, { mebibytes: 8 }))
  upload.endFile()
  upload.file('arm64')
  upload.send(tarballOf(NAME, { architecture: 'arm64', mebibytes: 30 }))
  t.match(await upload.answer, FULL)
  await hasNothing(t, url, folder, store)
})

for (const [what, dataOnDisk] of [['the facts', false], ['the catalogue', true]] as const) {
  t.test(`a tarball that fits, without room for ${what}, is a 507 and leaves nothing`, { skip }, async t => {
    const { url, folder, store } = await serviceOnDisk(t, dataOnDisk)
    const tarball = tarballOf(NAME, { mebibytes: 6 })
    const refused: Answer[] = []
    for (let pages = 0; ; pages++) {
      await fillDisk(Math.ceil(tarball.length / PAGE) + pages)
      const answer = await OpenUpload.put(url, NAME).end(tarball)
      await rm(BALLAST)
      if (answer.status === 200) break
      refused.push(answer)
      t.match(answer, { status: 507, body: { result: { code: /^(STORE|INDEX)_FULL$/ } } }, `with ${pages} pages beside it`)
      await hasNothing(t, url, folder, store)
    }
    t.ok(refused.length > 1, `${refused.length} were refused`)
    t.equal(refused.some(({ body }) => body.result.code === 'INDEX_FULL'), dataOnDisk)
    t.same(await containersOf(url), [NAME])
  })
}

/** Leaves so many pages free. */
async function fillDisk (pages: number): Promise<void> {
  const { bavail, bsize } = await statfs(disk)
  await writeFile(BALLAST, Buffer.alloc(bavail * bsize - pages * PAGE))
}

/** A service that keeps its tarballs on the small disk, and its catalogue there or elsewhere. */
async function serviceOnDisk (t: Test, dataOnDisk = false) {
  const place = await mkdtemp(join(disk, 'place-'))
  t.teardown(() => rm(place, { recursive: true }))
  const folder = dataOnDisk ? join(place, 'data') : await temporaryFolder(t)
  const store = join(place, 'tarballs')
  const { url, stop } = await startService(t, { LEPORELLO_DATA_DIR: folder, LEPORELLO_STORE: `file://${store}` })
  t.teardown(() => stop('SIGKILL'))
  return { url, folder, store }
}

function whole (url: string): OpenUpload {
  return OpenUpload.put(url, NAME)
}

function inForm (url: string): OpenUpload {
  const upload = OpenUpload.post(url, NAME)
  upload.file('amd64')
  return upload
}

/** No document, no record, and in the store no file but the mark of the place. */
async function hasNothing (t: Test, url: string, folder: string, store: string): Promise<void> {
  t.same(await containersOf(url), [])
  t.same(await uploadRecordsIn(folder), [])
  const entries = await readdir(store, { recursive: true, withFileTypes: true })
  const left = entries.map(entry => relative(store, join(entry.parentPath, entry.name)))
  t.same(left.filter(each => !['.leporello', '.unfinished', '.metadata'].includes(each)), [])
}
