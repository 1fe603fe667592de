import t from 'tap'
import { EmbeddedDocumentIndex } from '../../src/adapters/embedded/document-index.js'
import { FolderImageStore } from '../../src/adapters/folder/image-store.js'
import { LeporelloError } from '../../src/errors.js'
import { temporaryFolder, testApp } from '../app.js'
import { changed } from '../catalogue/swept-catalogue.js'
import { OpenUpload } from '../uploads/open-upload.js'
import { tarballOf } from '../uploads/tarballs.js'
import { Samples } from './samples.js'

const NAME = 'container-hello:1.0'

for (const code of ['STORE_FULL', 'STORE_UNAVAILABLE'] as const) {
  t.test(`an upload that ends with ${code} has failed, and was not refused`, async t => {
    const folder = await temporaryFolder(t)
    const images = new FolderImageStore({ root: `${folder}/tarballs`, publicUrl: () => 'http://leporello.test' })
    const app = await testApp(t, {
      backends: {
        index: await EmbeddedDocumentIndex.open({ folder }),
        images: changed(images, {
          async put (_key, body) {
            body.destroy()
            throw new LeporelloError(code, 'no')
          }
        })
      }
    })
    const { body } = await OpenUpload.put(await app.listen({ host: '127.0.0.1', port: 0 }), NAME).end(tarballOf(NAME))
    t.match(body, { result: { code } })
    const samples = new Samples((await app.inject('/metrics')).body)
    const ended = (outcome: string) => samples.sum('leporello_upload_duration_seconds_count', { outcome })
    t.same([ended('failed'), ended('refused'), ended('broken_off')], [1, 0, 0])
  })
}
