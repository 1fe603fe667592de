import type { Merged, Waiting } from '../../src/catalogue/container-changes.js'
import { pendingSet } from '../../src/catalogue/pending-sets.js'
import { Deadline } from '../../src/deadline.js'
import { parseArchitecture } from '../../src/domain/architecture.js'
import { parseBuildOfImages } from '../../src/domain/build.js'
import { ContainerDocument } from '../../src/domain/container-document.js'
import { parseContainerMerge } from '../../src/domain/container-merge.js'
import { parseContainer } from '../../src/domain/container.js'
import { entityTagOf } from '../../src/domain/entity-tag.js'
import { Precondition } from '../../src/domain/precondition.js'
import { LeporelloError } from '../../src/errors.js'
import { ABSENT, type DocumentIndex } from '../../src/ports/document-index.js'
import type { Instance } from './client.js'
import { contentOf, pendingContent } from './documents.js'
import type { Belonging, Operation, Upload, Urls } from './operation.js'
import type { Call } from './rules.js'
import type { Answer } from './sequential-model.js'
import type { TarballOnItsWay } from './tarball-on-its-way.js'

let sent = 0

/** Uploads, and tells what was answered; rejects as the service does. */
export async function upload (operation: Upload, { tag }: Call, tarball: TarballOnItsWay): Promise<Answer> {
  const { outcome, ...uploaded } = await tarball.upload(operation, ofBuild(operation), `client ${++sent}`, demanded(operation, tag))
  if ('waiting' in uploaded) return waitingAnswer(operation.name, uploaded.waiting)
  return { code: 'done', tag: uploaded.tag, content: contentOf(uploaded.document), ...outcome !== undefined && { outcome } }
}

/** Sends a request, and tells what was answered; rejects as the service does. */
export async function perform (operation: Exclude<Operation, Upload>, { tag }: Call, { catalogue, index }: Instance): Promise<Answer> {
  const { name } = operation
  // Whoever sends it is different every time, so that a document says who made it.
  const by = `client ${++sent}`
  switch (operation.kind) {
    case 'info': return documentAnswer(await catalogue.find('container', name))
    case 'add': {
      const { urls, version, build } = operation
      const container = parseContainer({ name, version, digest: 'd', url: undefined, urls: JSON.stringify(urls) })
      const { document, tag: after } = await catalogue.register(container, by, demanded(operation, tag), build)
      return { code: 'done', tag: after, content: contentOf(document) }
    }
    case 'merge': {
      const { urls, version } = operation
      const merge = parseContainerMerge({ name, version, digest: undefined, urls: JSON.stringify(urls), architecture: undefined, url: undefined })
      return mergeAnswer(name, await catalogue.merge({ ...merge, ...ofBuild(operation) }, by, demanded(operation, tag)))
    }
    case 'detach': {
      const { document, tag: after } = await catalogue.detach(name, parseArchitecture(operation.architecture), by, demanded(operation, tag))
      return { code: 'done', tag: after, content: contentOf(document) }
    }
    case 'remove': {
      const removed = await catalogue.remove('container', name, demanded(operation, tag))
      return removed ? { code: 'done', content: null } : { code: 'CONTAINER_UNKNOWN' }
    }
    case 'pending': return { code: 'done', pending: (await catalogue.pending(name)).map(pendingContent) }
    case 'abandon': {
      const { build, version } = operation
      return { code: 'done', pending: [pendingContent(await catalogue.abandon(name, build === undefined ? { version } : { build }))] }
    }
    case 'expire': {
      const failed = new Map<string, string | undefined>()
      await catalogue.settleSets(-Infinity, (id, error) => { failed.set(id, error instanceof LeporelloError ? error.code : undefined) })
      return { code: 'done', failed }
    }
    case 'replace': return await replace(index, name, operation, by)
  }
}

/** What a reader sees. */
export function documentAnswer (json: string | undefined): Answer {
  return json === undefined ? { code: 'done', content: null } : { code: 'done', tag: entityTagOf(json), content: contentOf(json) }
}

function mergeAnswer (name: string, merged: Merged | Waiting): Answer {
  if (merged.outcome === 'waiting') return waitingAnswer(name, merged)
  const { document, tag, outcome } = merged
  return { code: 'done', tag, content: contentOf(document), outcome }
}

function waitingAnswer (name: string, { set }: Waiting): Answer {
  return { code: 'done', outcome: 'waiting', pending: [pendingContent(pendingSet(name, set))] }
}

function ofBuild ({ build, expect }: Belonging) {
  return parseBuildOfImages(build, expect?.join())
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
async function replace (index: DocumentIndex, id: string, { urls, version }: Urls, note: string): Promise<Answer> {
  const text = ContainerDocument.empty(id).urls.with(new Map(Object.entries(urls).map(([key, url]) => [parseArchitecture(key), url]))).text
  const json = JSON.stringify({ id, url: urls['amd64'] ?? null, urls: text, version, note })
  for (;;) {
    const current = await index.get('container', id, Deadline.in(30_000))
    const { outcome } = await index.put('container', id, json, current?.version ?? ABSENT, Deadline.in(30_000))
    if (outcome === 'written') return { code: 'done', tag: entityTagOf(json), content: contentOf(json) }
  }
}
