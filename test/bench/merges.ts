import { performance } from 'node:perf_hooks'
import { Catalogue } from '../../src/catalogue/catalogue.js'
import { parseContainerMerge } from '../../src/domain/container-merge.js'
import type { DocumentIndex, WriteOutcome } from '../../src/ports/document-index.js'
import { NO_IMAGES } from '../no-images.js'
import { postRequest } from './connection.js'
import { fill, IN_FLIGHT, load, loadGets, print, SECONDS } from './load.js'
import type { Measured } from './process.js'

const ARCHITECTURES = ['x86_64', 'aarch64', 'ppc64le', 's390x', 'riscv64', 'armv7l', 'i686', 'loongarch64']

const READ = 'container-resolved:1'

/** Merges of one name and of many, and resolve beside info, of the service over HTTP. */
export async function measureMerges (service: Measured): Promise<void> {
  await loadMerges('merge, one name', service, () => 'container-merged:1')
  await loadMerges('merge, 1,000 names', service, n => `container-merged-${n % 1000}:1`)
  await fill(service.url, [READ])
  const info = await loadGets('info', service.url, [`/api/v0.1/container/info?id=${READ}`])
  const resolve = await loadGets('resolve', service.url, [`/api/v0.1/container/resolve?id=${READ}&arch=aarch64`])
  print('resolve / info', (resolve / info).toFixed(2))
}

/** So many instances merge into one name at once, without HTTP: what they cost each other. */
export async function measureConflicts (indices: readonly DocumentIndex[]): Promise<void> {
  const counts: Record<WriteOutcome['outcome'], number> = { written: 0, conflict: 0, unknown: 0 }
  const catalogues = indices.map(index => new Catalogue({ index: counting(index, counts), images: NO_IMAGES, requestTimeoutMs: 30_000 }))
  let merges = 0
  const end = performance.now() + SECONDS * 1000
  await Promise.all(Array.from({ length: IN_FLIGHT }, async (_, client) => {
    while (performance.now() < end) {
      await catalogues[client % catalogues.length]!.merge(parseContainerMerge(fields('container-contended:1', merges)), 'bench')
      merges++
    }
  }))
  print(`merge, one name, ${indices.length} instances`, `${Math.round(merges / SECONDS)}/s   ` +
    `${(counts.conflict / merges).toFixed(3)} conflicts and ${(counts.written / merges).toFixed(3)} writes per merge`)
}

/** Pages of the containers that are there, when there are many. */
export async function measureSearch (service: Measured): Promise<void> {
  const queries = ['size=100', 'q=container-fill-9999&size=100', 'missing=arm64&size=100', 'after=container-fill-5&size=100']
  for (const query of queries) {
    const took: number[] = []
    let found = 0
    for (let round = 0; round < 5; round++) {
      const began = performance.now()
      const answer = await (await fetch(`${service.url}/container/search?${query}`)).json() as { result: { containers: object[] } }
      took.push(performance.now() - began)
      found = answer.result.containers.length
    }
    print(`search ${query}`, `${took.sort((a, b) => a - b)[2]!.toFixed(0)} ms for ${found} containers`)
  }
  const began = performance.now()
  await (await fetch(`${service.url}/container/report`)).text()
  print('report', `${(performance.now() - began).toFixed(0)} ms`)
}

function loadMerges (title: string, service: Measured, nameOf: (n: number) => string): Promise<number> {
  return load(title, service.url, n => {
    const { name, version, architecture, url } = fields(nameOf(n), n)
    return postRequest('/api/v0.1/container/merge', new URLSearchParams({ name, version, architecture, url }).toString())
  })
}

/** The nth merge: each is a change, since its url is new. */
function fields (name: string, n: number) {
  return { name, version: '1', digest: undefined, urls: undefined, architecture: ARCHITECTURES[n % 8]!, url: `s3://b/${n}.tar.gz` }
}

function counting (index: DocumentIndex, counts: Record<WriteOutcome['outcome'], number>): DocumentIndex {
  return {
    get: (...args) => index.get(...args),
    put: async (...args) => {
      const written = await index.put(...args)
      counts[written.outcome]++
      return written
    }
  } as Partial<DocumentIndex> as DocumentIndex
}
