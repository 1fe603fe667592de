import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { Uploads, type Uploaded } from '../../src/catalogue/uploads.js'
import { placeInUrl, tarballOfFacts } from '../../src/domain/tarball-key.js'
import type { Precondition } from '../../src/domain/precondition.js'
import type { ImageStore } from '../../src/ports/image-store.js'
import { podmanArchive, sampleImage } from '../image/support/sample-image.js'
import { tar } from '../image/support/tar-writer.js'
import type { Instance } from './client.js'
import { ARCHITECTURES, BUILDS, NAMES, type Upload } from './operation.js'
import type { Content, Stored } from './sequential-model.js'

const DAY_MS = 86_400_000

const TARBALLS = new Map(NAMES.flatMap(name => ARCHITECTURES.flatMap(architecture =>
  Array.from({ length: BUILDS }, (_, build) => {
    const image = sampleImage({ architecture, config: { author: `build ${build}` } })
    return [`${name} ${architecture} ${build}`, tar(podmanArchive(image, name))] as const
  }))))

/** One tarball that is uploaded, and where it went. */
export class TarballOnItsWay {
  /** Absent while it is not known where it goes. */
  stored: Stored | undefined
  readonly #instance: Instance

  constructor (instance: Instance) {
    this.#instance = instance
  }

  async upload ({ name, architecture, build, version, mode }: Upload, by: string, precondition: Precondition): Promise<Uploaded> {
    const { catalogue, images } = this.#instance
    const tarball = TARBALLS.get(`${name} ${architecture} ${build}`)!
    const sha256 = createHash('sha256').update(tarball).digest('hex')
    const uploads = new Uploads({
      images: watched(images, key => { this.stored = { url: images.location(key), sha256 } }),
      records: catalogue.records,
      register: (...registration) => catalogue.register(...registration),
      merge: (...merge) => catalogue.merge(...merge),
      maxBytes: 1e9,
      maxAtOnce: 1,
      graceMs: DAY_MS,
      allowLenient: false
    })
    const uploaded = await uploads.upload({ name, version, digest: undefined, lenient: false, mode, of: { expect: [] }, precondition },
      Readable.from([{ architecture, body: Readable.from([tarball]) }]), by, new AbortController().signal)
    if ('waiting' in uploaded) throw new Error(`${name} waits, though nothing was expected`)
    return uploaded
  }
}

/** Throws where a container names a tarball of ours that is not there. */
export async function checkStored ({ images }: Content, instance: Instance): Promise<void> {
  for (const { url, sha256 } of Object.values(images)) {
    if (sha256 === undefined) continue
    const record = await instance.catalogue.records.find(placeInUrl(url)!)
    if (record === undefined || await instance.images.head(record.key) === undefined) throw new Error(`${url} is named and not stored`)
  }
}

/** The store, which tells the key of each tarball that is put. */
function watched (images: ImageStore, onTarball: (key: string) => void): ImageStore {
  return new Proxy(images, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      if (name !== 'put') return value.bind(target)
      return (...put: Parameters<ImageStore['put']>) => {
        if (tarballOfFacts(put[0]) === undefined) onTarball(put[0])
        return target.put(...put)
      }
    }
  })
}
