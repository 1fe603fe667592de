import type { PendingSet } from '../../src/catalogue/pending-sets.js'
import { Deadline } from '../../src/deadline.js'
import type { Architecture } from '../../src/domain/architecture.js'
import { ContainerDocument } from '../../src/domain/container-document.js'
import { ContainerSets, type ContainerSet } from '../../src/domain/container-sets.js'
import type { ImageRecord } from '../../src/domain/image-record.js'
import type { DocumentIndex } from '../../src/ports/document-index.js'
import { workersChoice } from '../hysds-worker.js'
import type { Final } from './history.js'
import type { PendingContent } from './sequential-model.js'
import { sorted, type BuildSet, type Content, type Image } from './state.js'

/** A stored document as the model sees it. Throws where an unmodified worker would load something else. */
export function contentOf (json: string): Content {
  const document = ContainerDocument.parse(json)
  for (const architecture of document.urls.architectures) {
    const [choice, url] = [workersChoice(json, architecture), document.urls.get(architecture)]
    if (choice !== url) throw new Error(`a worker on ${architecture} loads ${choice}, not ${url}: ${json}`)
  }
  const images = Object.fromEntries(document.urls.architectures.map(name =>
    [name, imageOf(document.urls.get(name)!, document.versionOf(name)!, document.records.get(name))]))
  const { url = null } = JSON.parse(json) as { url?: string | null }
  const { build } = document
  return { images: sorted(images), url, version: document.text('version')!, ...build !== undefined && { build } }
}

/** The sets of an answer as the model sees them. */
export function pendingContent ({ build, version, state, expect, images }: PendingSet): PendingContent {
  const urls = Object.fromEntries(images.map(({ architecture, url }) => [architecture, url]))
  return { ...build !== null && { build }, version, state, expect: expect.toSorted(), urls }
}

/** All that is stored under a name, when nothing changes any more. */
export async function storedUnder (name: string, index: DocumentIndex): Promise<Final> {
  const document = await index.get('container', name, Deadline.in(30_000))
  const sets = ContainerSets.parse(name, (await index.get('sets', name, Deadline.in(30_000)))?.json)
  const shown = document && ContainerDocument.parse(document.json).set
  const set = sets.position(shown)
  if (shown !== undefined && set === -1) throw new Error(`${name} shows a set that is unknown: ${document!.json}`)
  return {
    content: document === undefined ? null : contentOf(document.json),
    ...set !== -1 && { set },
    sets: sets.sets.map(setContent)
  }
}

function setContent ({ build, version, expect, images, state }: ContainerSet): BuildSet {
  const content = images.map(({ architecture, url, record }): [Architecture, Image] => [architecture, imageOf(url, record.version!, record)])
  return { ...build !== undefined && { build }, version, expect: expect.toSorted(), images: sorted(Object.fromEntries(content)), state }
}

function imageOf (url: string, version: string, record: ImageRecord | undefined): Image {
  return { url, version, ...record?.sha256 !== undefined && { sha256: record.sha256 } }
}
