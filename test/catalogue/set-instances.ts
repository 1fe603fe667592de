import type { Test } from 'tap'
import { EmbeddedDocumentIndex } from '../../src/adapters/embedded/document-index.js'
import { Catalogue } from '../../src/catalogue/catalogue.js'
import type { Registered } from '../../src/catalogue/container-changes.js'
import { Deadline } from '../../src/deadline.js'
import { parseBuildOfImages } from '../../src/domain/build.js'
import { ContainerDocument } from '../../src/domain/container-document.js'
import { parseContainerMerge } from '../../src/domain/container-merge.js'
import { parseContainer } from '../../src/domain/container.js'
import { ContainerSets, type ContainerSet } from '../../src/domain/container-sets.js'
import { Precondition } from '../../src/domain/precondition.js'
import type { DocumentIndex } from '../../src/ports/document-index.js'
import { NO_IMAGES } from '../no-images.js'
import { GatedIndex, readOf } from './gated-index.js'

export const NAME = 'container-hello:1'

/** The whole of a build in these tests. */
export const BOTH = 'x86_64,arm64'

/** Longer than any test takes: nobody is ever seen for so long. */
const NEVER_MS = 3_600_000

export interface SentImage {
  readonly build?: string
  readonly expect?: string
  readonly version?: string
  readonly architecture: string
  readonly url: string
}

export interface InstanceOptions {
  /** 0: what was seen once is taken over when it is seen again. Absent: never. */
  readonly takeoverMs?: number
  readonly requestTimeoutMs?: number
}

/** One Leporello of several over the same index, as requests reach it. */
export class Instance {
  readonly gates: GatedIndex
  readonly catalogue: Catalogue

  constructor (index: DocumentIndex, { takeoverMs = NEVER_MS, requestTimeoutMs = 60_000 }: InstanceOptions = {}) {
    this.gates = new GatedIndex(index)
    this.catalogue = new Catalogue({ index: this.gates.index, images: NO_IMAGES, requestTimeoutMs, takeoverMs })
  }

  merge ({ build, expect, version = '1', architecture, url }: SentImage, precondition?: Precondition) {
    const merge = parseContainerMerge({ name: NAME, version, digest: undefined, urls: undefined, architecture, url })
    return this.catalogue.merge({ ...merge, ...parseBuildOfImages(build, expect) }, 'ci', precondition)
  }

  /** x86_64 of a build that is shown when arm64 has come too. */
  amd64 (build: string, url = `${build}-x`) {
    return this.merge({ build, expect: BOTH, architecture: 'x86_64', url })
  }

  /** arm64 of the same. */
  arm64 (build: string, url = `${build}-a`) {
    return this.merge({ build, expect: BOTH, architecture: 'arm64', url })
  }

  /** An image of a build that is shown at once. */
  direct (build: string, architecture = 'x86_64') {
    return this.merge({ build, architecture, url: `${build}-direct` })
  }

  add (url: string, build?: string): Promise<Registered> {
    const container = parseContainer({ name: NAME, version: '1', digest: 'd', url, urls: undefined })
    return this.catalogue.register(container, 'ops', Precondition.none, build)
  }

  remove (): Promise<boolean> {
    return this.catalogue.remove('container', NAME)
  }

  /** Sends requests that one reading serves together. */
  async inOneBatch<T extends ReadonlyArray<Promise<unknown>>> (send: () => T): Promise<T> {
    const gate = this.gates.hold(readOf('container'))
    const before = this.catalogue.abandon(NAME, { build: 'nobody\'s' }).catch(() => {})
    await gate.reached
    const sent = send()
    for (const each of sent) abandoned(each)
    gate.open()
    await before
    return sent
  }

  /** Sees what is open, and sees it again: whatever an instance without patience would take over is published then. */
  async takeOver (): Promise<void> {
    await this.settle()
    await this.settle()
  }

  /** Ends whatever waits. */
  async expire (): Promise<void> {
    await this.settle(-1)
  }

  async settle (expiryMs = NEVER_MS): Promise<void> {
    const failures: unknown[] = []
    await this.catalogue.settleSets(expiryMs, (_id, error) => { failures.push(error) })
    if (failures.length > 0) throw failures[0]
  }
}

/** The documents of the one name, and instances that change them. */
export class SetInstances {
  readonly index: DocumentIndex

  constructor (index: DocumentIndex) {
    this.index = index
  }

  /** Over an embedded index of the test's own. */
  static async open (t: Test): Promise<SetInstances> {
    const index = await EmbeddedDocumentIndex.open({ folder: t.testdir() })
    t.teardown(() => index.close())
    return new SetInstances(index)
  }

  instance (options?: InstanceOptions): Instance {
    return new Instance(this.index, options)
  }

  async document (): Promise<ContainerDocument | undefined> {
    const stored = await this.index.get('container', NAME, Deadline.in(60_000))
    return stored && ContainerDocument.parse(stored.json)
  }

  async sets (): Promise<readonly ContainerSet[]> {
    const stored = await this.index.get('sets', NAME, Deadline.in(60_000))
    return ContainerSets.parse(NAME, stored?.json).sets
  }

  /** Each build with its state, in order. */
  async states (): Promise<string[]> {
    return (await this.sets()).map(({ key, state }) => `${key.replace(/^build:/, '')} ${state}`)
  }

  /** What is registered: the build, and the url of each architecture; undefined when nothing is. */
  async shown (): Promise<Record<string, string> | undefined> {
    const document = await this.document()
    if (document === undefined) return undefined
    const urls = document.urls.architectures.map(name => [name, document.urls.get(name)!])
    return { ...Object.fromEntries(urls), ...document.build !== undefined && { build: document.build } }
  }
}

/** Leaves a request to itself that nobody will answer. */
export function abandoned (request: Promise<unknown>): void {
  request.catch(() => {})
}
