import { setImmediate as nextTurn } from 'node:timers/promises'
import type { UploadRecords } from '../../src/catalogue/upload-records.js'
import { Sweep } from '../../src/catalogue/sweep.js'
import { placeOf, tarballOfFacts } from '../../src/domain/tarball-key.js'
import type { DocumentIndex } from '../../src/ports/document-index.js'
import type { ImageStore } from '../../src/ports/image-store.js'
import { changed } from '../catalogue/swept-catalogue.js'

const DAY_MS = 86_400_000

export interface SweeperOptions {
  readonly index: DocumentIndex
  readonly images: ImageStore
  readonly records: UploadRecords
  /** The uploads that are younger than the grace, which all others are not. */
  readonly young: ReadonlySet<string>
}

/**
 * Sweeps with no grace at all: what is not young and no document names is condemned by one sweep and deleted by the
 * next. That an upload is young as long as it lasts is what its time limit sees to outside of tests.
 */
export class Sweeper {
  readonly #sweep: Sweep

  constructor ({ index, images, records, young }: SweeperOptions) {
    const tomorrow = () => new Date(Date.now() + DAY_MS)
    const isYoung = (upload: string | undefined) => upload !== undefined && young.has(upload)
    this.#sweep = new Sweep({
      index: changed(index, {
        async * ids (...args: Parameters<DocumentIndex['ids']>) {
          for await (const page of index.ids(...args)) yield page.filter(id => !isYoung(id.replace(/^upload:/, '')))
        }
      }),
      images: changed(images, {
        now: async () => tomorrow(),
        async * list (...args: Parameters<ImageStore['list']>) {
          for await (const page of images.list(...args)) {
            yield page.map(object => isYoung(placeOf(tarballOfFacts(object.key) ?? object.key)?.ulid)
              ? { ...object, lastModified: new Date(8.64e15) }
              : object)
          }
        },
        async * unfinished (startedBefore: Date) {
          for await (const page of images.unfinished(startedBefore)) yield page.filter(({ key }) => key !== '' && !isYoung(placeOf(tarballOfFacts(key) ?? key)?.ulid))
        }
      }),
      records,
      now: tomorrow,
      graceMs: 0,
      indices: [],
      requestTimeoutMs: 30_000
    })
  }

  async sweep (): Promise<void> {
    const { stopped } = await this.#sweep.run({ dryRun: false, force: true })
    if (stopped !== undefined) throw new Error(`the sweep stopped: ${stopped}`)
  }

  /** Again and again, until `isOver`. */
  async sweepUntil (isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      await this.sweep()
      await nextTurn()
    }
  }
}
