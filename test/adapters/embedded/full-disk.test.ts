import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { EmbeddedDocumentIndex } from '../../../src/adapters/embedded/document-index.js'
import { ABSENT } from '../../../src/ports/document-index.js'
import { ample, create, read, sameIds } from '../../contracts/document-index/helpers.js'
import { mountSmallDisk } from '../../small-disk.js'

const { folder, failure, skip } = mountSmallDisk(4)

t.test('on a full disk writes are INDEX_FULL, reads go on, and with room there are writes again', { skip }, async t => {
  t.equal(failure, undefined, 'the small disk is there')
  const ballast = join(folder, 'ballast')
  await writeFile(ballast, Buffer.alloc(1_000_000))
  const index = await EmbeddedDocumentIndex.open({ folder })
  const json = (id: string): string => `{"id":"${id}","params":"${'x'.repeat(10_000)}"}`

  const written: string[] = []
  const refused: unknown[] = []
  for (let first = 0; refused.length === 0; first += 16) {
    await Promise.all(Array.from({ length: 16 }, async (_, n) => {
      const id = `c-${first + n}`
      const outcome = index.put('job_spec', id, json(id), ABSENT, ample())
      await outcome.then(() => { written.push(id) }, error => { refused.push(error) })
    }))
  }

  const refusal = { code: 'INDEX_FULL', message: /catalogue\.lmdb cannot be written: there is no room on its disk\.$/ }
  for (const error of refused) t.match(error, refusal)
  await sameIds(t, index, 'job_spec', written)
  for (const id of written) t.ok((await read(index, 'job_spec', id)).json === json(id), `${id} is whole`)

  await rm(ballast)
  await create(index, 'job_spec', 'more')
  await sameIds(t, index, 'job_spec', [...written, 'more'])
  await index.close()
})
