import type { Test } from 'tap'
import { FolderImageStore } from '../../src/adapters/folder/image-store.js'
import { Catalogue } from '../../src/catalogue/catalogue.js'
import { Deadline } from '../../src/deadline.js'
import { ABSENT, type DocumentIndex } from '../../src/ports/document-index.js'
import { temporaryFolder } from '../app.js'
import type { Instance } from './client.js'
import { LateWrites } from './index-faults.js'
import { Mortal, type Death } from './mortal.js'

export interface InstanceOptions {
  /** Its own way to the index; the site's when absent. */
  readonly index?: DocumentIndex
  readonly requestTimeoutMs?: number
  readonly death?: Death | undefined
  readonly kill?: () => void
}

/** What all instances of a test share: where documents and tarballs are kept, and what is known of those on their way. */
export class Site {
  readonly index: DocumentIndex
  readonly images: FolderImageStore
  readonly young = new Set<string>()
  readonly late = new LateWrites()

  private constructor (index: DocumentIndex, images: FolderImageStore) {
    this.index = index
    this.images = images
  }

  /** With a store of the test's own. */
  static async make (t: Test, index: DocumentIndex): Promise<Site> {
    const site = new Site(index, new FolderImageStore({ root: await temporaryFolder(t), publicUrl: () => 'http://leporello.test' }))
    // A sweep wants to know whose the store is, and to see every kind of document.
    await site.heir().records.owner()
    for (const kind of ['container', 'job_spec', 'hysds_io'] as const) {
      await index.put(kind, 'standing', '{"id":"standing"}', ABSENT, Deadline.in(30_000))
    }
    return site
  }

  instance ({ index = this.index, requestTimeoutMs = 10_000, death, kill }: InstanceOptions = {}): Instance {
    const mortal = new Mortal({ index, images: this.images, late: this.late, kill }, death)
    return {
      catalogue: new Catalogue({ index: mortal.index, images: mortal.images, requestTimeoutMs }),
      index: this.index,
      images: mortal.images,
      young: this.young,
      isDead: () => mortal.isDead
    }
  }

  /** One that takes over at once whatever is complete: only for when all others stand still. */
  heir (): Catalogue {
    return new Catalogue({ index: this.index, images: this.images, requestTimeoutMs: 30_000, takeoverMs: 0 })
  }
}
