import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import type { Catalogue } from '../../src/catalogue/catalogue.js'
import { Uploads, type Uploaded, type UploadWaiting } from '../../src/catalogue/uploads.js'
import type { BuildOfImages } from '../../src/domain/build.js'
import type { Precondition } from '../../src/domain/precondition.js'
import { placeInUrl, placeOf, tarballOfFacts } from '../../src/domain/tarball-key.js'
import type { ImageStore } from '../../src/ports/image-store.js'
import { podmanArchive, sampleImage } from '../image/support/sample-image.js'
import { tar } from '../image/support/tar-writer.js'
import type { Instance } from './client.js'
import { ARCHITECTURES, IMAGES, type Upload } from './operation.js'
import type { Stored } from './rules.js'
import type { Images } from './state.js'

const DAY_MS = 86_400_000

const IMAGES_BY_NUMBER = new Map(ARCHITECTURES.flatMap(architecture => Array.from({ length: IMAGES }, (_, image) =>
  [`${architecture} ${image}`, sampleImage({ architecture, config: { author: `image ${image}` } })] as const)))

/** One tarball that is uploaded, and where it went. */
export class TarballOnItsWay {
  /** Absent while it is not known where it goes. */
  stored: Stored | undefined
  readonly #instance: Instance
  #place: string | undefined

  constructor (instance: Instance) {
    this.#instance = instance
  }

  /** With what a merge came to. */
  async upload (
    { name, architecture, image, version, mode }: Upload, of: BuildOfImages, by: string, precondition: Precondition
  ): Promise<(Uploaded | UploadWaiting) & { readonly outcome?: string | undefined }> {
    const { catalogue, images } = this.#instance
    const tarball = tar(podmanArchive(IMAGES_BY_NUMBER.get(`${architecture} ${image}`)!, name))
    const sha256 = createHash('sha256').update(tarball).digest('hex')
    let outcome: string | undefined
    const uploads = new Uploads({
      images: watched(images, key => {
        this.stored = { url: images.location(key), sha256 }
        this.#place = placeOf(key)!.ulid
        this.#instance.young.add(this.#place)
      }),
      records: catalogue.records,
      register: (...registration) => catalogue.register(...registration),
      merge: async (...merge) => {
        const merged = await catalogue.merge(...merge)
        outcome = merged.outcome
        return merged
      },
      maxBytes: 1e9,
      maxAtOnce: 1,
      maxPerUser: 1,
      graceMs: DAY_MS,
      allowLenient: false
    })
    const uploaded = await uploads.upload({ name, version, digest: undefined, lenient: false, mode, of, precondition },
      Readable.from([{ architecture, body: Readable.from([tarball]) }]), by, new AbortController().signal)
    return { ...uploaded, outcome }
  }

  /** Its outcome is known: from now on a sweep may remove what nobody names. */
  arrive (): void {
    if (this.#place !== undefined) this.#instance.young.delete(this.#place)
  }
}

/** Throws where one of these is a tarball of ours that is not there. */
export async function checkStored (named: Images, { images, records }: Pick<Instance, 'images'> & Pick<Catalogue, 'records'>): Promise<void> {
  for (const { url, sha256 } of Object.values(named)) {
    if (sha256 === undefined) continue
    const record = await records.find(placeInUrl(url)!)
    if (record === undefined || await images.head(record.key) === undefined) throw new Error(`${url} is named and not stored`)
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
