import t, { type Test } from 'tap'
import { EmbeddedDocumentIndex } from '../../src/adapters/embedded/document-index.js'
import { FolderImageStore } from '../../src/adapters/folder/image-store.js'
import { LeporelloError } from '../../src/errors.js'
import type { DocumentIndex, DocumentKind, WriteOutcome } from '../../src/ports/document-index.js'
import { temporaryFolder, testApp } from '../app.js'
import { changed } from '../catalogue/swept-catalogue.js'
import { containersOf } from './documents.js'
import { tarballsIn } from './folder.js'
import { OpenUpload } from './open-upload.js'
import { tarballOf } from './tarballs.js'

const NAME = 'container-sample:1.0'
const UNKNOWN: WriteOutcome = { outcome: 'unknown', cause: new Error('reset') }
const DOWN = () => { throw new LeporelloError('INDEX_UNAVAILABLE', 'the index is down') }

/** What happens to the first write of a kind; the index is down from then on, and comes back when the answer is there. */
type Failure = (write: () => Promise<WriteOutcome>) => Promise<WriteOutcome>

const applied: Failure = async write => {
  await write()
  return UNKNOWN
}
const lost: Failure = async () => UNKNOWN
const refused: Failure = async () => DOWN()

t.test('whatever fails before the registration is written, nothing is left to see', async t => {
  const cases: ReadonlyArray<[what: string, kind: DocumentKind, id: RegExp, failure: Failure]> = [
    ['the catalogue\'s id is refused', 'meta', /^catalogue$/, refused],
    ['what becomes of the catalogue\'s id is unknown', 'meta', /^catalogue$/, applied],
    ['the record is refused', 'meta', /^upload:/, refused],
    ['the record\'s answer is lost', 'meta', /^upload:/, applied],
    ['the record is lost', 'meta', /^upload:/, lost],
    ['the registration is refused', 'container', /./, refused]
  ]
  for (const [what, kind, id, failure] of cases) {
    t.test(what, async t => {
      const { url, folder, recover, send } = await started(t, kind, id, failure)
      const { status, headers, body } = await send()
      t.match({ status, body }, { status: 503, body: { result: { code: 'INDEX_UNAVAILABLE' } } })
      t.equal(headers['retry-after'], '1')
      t.same(await tarballsIn(folder), [], 'no object')
      recover()
      t.same(await containersOf(url), [], 'no document')
      t.match(await send(), { status: 200 }, 'and it may be sent again')
    })
  }
})

t.test('a registration whose outcome is unknown keeps its objects', async t => {
  for (const [what, failure, containers] of [['applied', applied, [NAME]], ['lost', lost, []]] as const) {
    t.test(what, async t => {
      const { url, folder, recover, send } = await started(t, 'container', /./, failure)
      t.match(await send(), { status: 503, body: { result: { code: 'OUTCOME_UNKNOWN' } } })
      t.equal((await tarballsIn(folder)).length, 2, 'the tarball and its facts')
      recover()
      t.same(await containersOf(url), containers)
      t.match(await send(), { status: 200 })
      t.same(await containersOf(url), [NAME])
    })
  }
})

/** A service whose index fails as told at the first write of those documents. */
async function started (t: Test, kind: DocumentKind, id: RegExp, failure: Failure) {
  const folder = await temporaryFolder(t)
  const whole = await EmbeddedDocumentIndex.open({ folder })
  let state: 'up' | 'down' | 'recovered' = 'up'
  const write = async (kindOf: DocumentKind, idOf: string, work: () => Promise<WriteOutcome>): Promise<WriteOutcome> => {
    if (state === 'down') return DOWN()
    if (state === 'recovered' || kindOf !== kind || !id.test(idOf)) return await work()
    state = 'down'
    return await failure(work)
  }
  const index: DocumentIndex = changed(whole, {
    get: async (...read) => state === 'down' ? DOWN() : await whole.get(...read),
    put: async (kind, id, ...rest) => await write(kind, id, () => whole.put(kind, id, ...rest)),
    remove: async (kind, id, ...rest) => await write(kind, id, () => whole.remove(kind, id, ...rest))
  } as Partial<EmbeddedDocumentIndex>)
  const images = new FolderImageStore({ root: `${folder}/tarballs`, publicUrl: () => 'http://leporello.test' })
  const app = await testApp(t, { env: { LEPORELLO_INDEX_TIMEOUT_MS: '1000' }, backends: { index, images } })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const tarball = tarballOf(NAME)
  return { url, folder, recover: () => { state = 'recovered' }, send: () => OpenUpload.put(url, NAME).end(tarball) }
}
