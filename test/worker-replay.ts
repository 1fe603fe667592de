import type { Test } from 'tap'
import { Catalogue } from '../src/catalogue/catalogue.js'
import { parseArchitecture } from '../src/domain/architecture.js'
import { ImageUrls } from '../src/domain/image-urls.js'
import type { DocumentIndex, StoredDocument, Version } from '../src/ports/document-index.js'
import { workersChoice } from './hysds-worker.js'
import { NO_IMAGES } from './no-images.js'

/** By what name each kind of Linux machine calls itself. */
const MACHINES = [
  'x86_64', 'aarch64', 'i686', 'armv5tel', 'armv6l', 'armv7l', 'armv8l', 'loongarch64', 'mips64el', 'mipsel', 'ppc64', 'ppc64le', 'riscv64', 's390x'
].map(parseArchitecture)

/** A container that has every architecture, so that report says which of them another one lacks. */
const COMPLETE = storedDocument('complete', JSON.stringify({
  id: 'complete', url: 's3://b/amd64', urls: ImageUrls.of(new Map(MACHINES.map(name => [name, `s3://b/${name.replace('/', '-')}`]))).text
}))

/** The index, which fails the test for a container whose image a worker would choose otherwise than `resolve`, and `report` does not list. */
export function replayedByWorkers (t: Test, index: DocumentIndex): DocumentIndex {
  const replayed = new Set<string>()
  const put: DocumentIndex['put'] = async (kind, id, json, ...rest) => {
    const written = await index.put(kind, id, json, ...rest)
    // Thousands that differ in their names alone would hold up the test.
    const said = json.replaceAll(JSON.stringify(id), '').replace(/"updated_at":"[^"]*"/, '')
    if (kind !== 'container' || replayed.has(said)) return written
    replayed.add(said)
    for (const mistake of await mistakesOfWorkers(id, json)) t.fail(mistake)
    return written
  }
  return new Proxy(index, {
    get: (target, name) => {
      if (name === 'put') return put
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    }
  })
}

/**
 * What unmodified workers get wrong of a container's document (JSON text) on machines for which `report` does not list it
 * as lacking an image, a sentence each. A document that is flawed otherwise is no excuse: we are to write none.
 */
export async function mistakesOfWorkers (id: string, json: string): Promise<string[]> {
  const catalogue = new Catalogue({ index: siteOf([storedDocument(id, json), COMPLETE]), images: NO_IMAGES, requestTimeoutMs: 1000 })
  const { lacking } = await catalogue.report()
  const mistakes: string[] = []
  for (const machine of MACHINES) {
    if (lacking[machine]?.ids.includes(id)) continue
    const { url } = await catalogue.resolve(id, { architecture: machine, fallback: [] })
    const choice = workersChoice(json, machine)
    if (choice !== url) mistakes.push(`on ${machine} a worker loads ${choice} and not ${url} of ${json}`)
  }
  return mistakes
}

function storedDocument (id: string, json: string): StoredDocument {
  return { id, json, version: '1' as Version }
}

/** What is read of an index, of documents that are there already. */
function siteOf (documents: readonly StoredDocument[]): DocumentIndex {
  return {
    refresh: async () => {},
    get: async (kind, id) => kind === 'container' ? documents.find(document => document.id === id) : undefined,
    async * documents () {
      yield documents
    }
  } as Partial<DocumentIndex> as DocumentIndex
}
