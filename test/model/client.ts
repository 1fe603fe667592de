import type { Catalogue } from '../../src/catalogue/catalogue.js'
import { Deadline } from '../../src/deadline.js'
import { parseArchitecture, type Architecture } from '../../src/domain/architecture.js'
import { ContainerDocument } from '../../src/domain/container-document.js'
import { parseContainerMerge } from '../../src/domain/container-merge.js'
import { parseContainer } from '../../src/domain/container.js'
import { entityTagOf } from '../../src/domain/entity-tag.js'
import { Precondition } from '../../src/domain/precondition.js'
import { LeporelloError } from '../../src/errors.js'
import { ABSENT, type DocumentIndex } from '../../src/ports/document-index.js'
import type { ImageStore } from '../../src/ports/image-store.js'
import { workersChoice } from '../hysds-worker.js'
import type { Operation, Upload, Urls } from './operation.js'
import type { Answer, Call, Content, Image } from './sequential-model.js'
import { checkStored, TarballOnItsWay } from './tarball-on-its-way.js'

/** An instance of the service, and somebody who writes to its index behind its back. */
export interface Instance {
  readonly catalogue: Catalogue
  readonly index: DocumentIndex
  readonly images: ImageStore
}

/** A request as it was sent, and what was answered: nothing when the outcome was never learned. */
export interface Sent extends Call {
  readonly answer?: Answer
}

let sent = 0

/** A client of the service that remembers the tag it saw last of each name. */
export class Client {
  readonly #seen = new Map<string, string>()

  /** The request as it will be sent. */
  call (operation: Operation): Call {
    const isConditional = 'demand' in operation && operation.demand === 'last seen'
    return { operation, ...isConditional && { tag: this.#seen.get(operation.name) } }
  }

  /** Rejects on what no request should meet. */
  async send (call: Call, instance: Instance): Promise<Sent> {
    const tarball = new TarballOnItsWay(instance)
    const answer = await this.#answer(call, instance, tarball)
    const { stored } = tarball
    return { ...call, ...stored && { stored }, ...answer && { answer } }
  }

  async #answer (call: Call, instance: Instance, tarball: TarballOnItsWay): Promise<Answer | undefined> {
    try {
      const answer = await (call.operation.kind === 'upload' ? upload(call.operation, call, instance, tarball) : perform(call.operation, call, instance))
      if (answer.tag !== undefined) this.#seen.set(call.operation.name, answer.tag)
      return answer
    } catch (error) {
      if (!(error instanceof LeporelloError)) throw error
      if (error.code === 'OUTCOME_UNKNOWN') return undefined
      return { code: error.code }
    }
  }
}

async function upload (operation: Upload, { tag }: Call, instance: Instance, tarball: TarballOnItsWay): Promise<Answer> {
  const uploaded = await tarball.upload(operation, `client ${++sent}`, demanded(operation, tag))
  const content = contentOf(uploaded.document)
  await checkStored(content, instance)
  return { code: 'done', tag: uploaded.tag, content }
}

async function perform (operation: Exclude<Operation, Upload>, { tag }: Call, { catalogue, index }: Instance): Promise<Answer> {
  const { name } = operation
  // Whoever sends it is different every time, so that a document says who made it.
  const by = `client ${++sent}`
  switch (operation.kind) {
    case 'info': {
      const json = await catalogue.find('container', name)
      return json === undefined ? { code: 'done', content: null } : { code: 'done', tag: entityTagOf(json), content: contentOf(json) }
    }
    case 'add': {
      const { urls, version } = operation
      const container = parseContainer({ name, version, digest: 'd', url: undefined, urls: JSON.stringify(urls) })
      const { document, tag: after } = await catalogue.register(container, by, demanded(operation, tag))
      return { code: 'done', tag: after, content: contentOf(document) }
    }
    case 'merge': {
      const { urls, version } = operation
      const merge = parseContainerMerge({ name, version, digest: undefined, urls: JSON.stringify(urls), architecture: undefined, url: undefined })
      const { document, tag: after, outcome } = await catalogue.merge(merge, by, demanded(operation, tag))
      return { code: 'done', tag: after, content: contentOf(document), outcome }
    }
    case 'detach': {
      const { document, tag: after } = await catalogue.detach(name, parseArchitecture(operation.architecture), by, demanded(operation, tag))
      return { code: 'done', tag: after, content: contentOf(document) }
    }
    case 'remove': {
      const removed = await catalogue.remove('container', name, demanded(operation, tag))
      return removed ? { code: 'done', content: null } : { code: 'CONTAINER_UNKNOWN' }
    }
    case 'replace': return await replace(index, name, operation.urls, operation.version, by)
  }
}

function demanded (operation: Operation, tag: string | undefined): Precondition {
  switch ('demand' in operation ? operation.demand : 'nothing') {
    case 'nothing': return Precondition.none
    case 'any': return Precondition.of({ 'if-match': '*' })
    case 'absent': return Precondition.of({ 'if-none-match': '*' })
    case 'last seen': return tag === undefined ? Precondition.none : Precondition.of({ 'if-match': `"${tag}"` })
  }
}

/** As another program writes: a document of its own, whatever is there. */
async function replace (index: DocumentIndex, id: string, urls: Urls, version: string, note: string): Promise<Answer> {
  const text = ContainerDocument.empty(id).urls.with(new Map(Object.entries(urls).map(([key, url]) => [parseArchitecture(key), url]))).text
  const json = JSON.stringify({ id, url: urls['amd64'] ?? null, urls: text, version, note })
  for (;;) {
    const current = await index.get('container', id, Deadline.in(30_000))
    const { outcome } = await index.put('container', id, json, current?.version ?? ABSENT, Deadline.in(30_000))
    if (outcome === 'written') return { code: 'done', tag: entityTagOf(json), content: contentOf(json) }
  }
}

/** A stored document as the model sees it. Throws where an unmodified worker would load something else. */
export function contentOf (json: string): Content {
  const document = ContainerDocument.parse(json)
  for (const architecture of document.urls.architectures) {
    const [choice, url] = [workersChoice(json, architecture), document.urls.get(architecture)]
    if (choice !== url) throw new Error(`a worker on ${architecture} loads ${choice}, not ${url}: ${json}`)
  }
  const images = Object.fromEntries(document.urls.architectures.map(name =>
    [name, imageOf(document, name)]))
  const { url = null } = JSON.parse(json) as { url?: string | null }
  return { images, url, version: document.text('version')! }
}

function imageOf (document: ContainerDocument, architecture: Architecture): Image {
  const sha256 = document.records.get(architecture)?.sha256
  return { url: document.urls.get(architecture)!, version: document.versionOf(architecture)!, ...sha256 !== undefined && { sha256 } }
}
