import { performance } from 'node:perf_hooks'
import { SearchDocumentIndex } from '../../src/adapters/search/document-index.js'
import { INDEX_BODIES } from '../../src/adapters/search/mapping.js'
import { Catalogue } from '../../src/catalogue/catalogue.js'
import { parseContainer } from '../../src/domain/container.js'
import { startEngine } from '../engines/engine.js'
import { ENGINE_LINES, type EngineName } from '../engines/lines.js'
import { NO_IMAGES } from '../no-images.js'
import { bareClient, type BareClient } from './bare-client.js'
import { Connection, getRequest } from './connection.js'
import { measureList } from './list.js'
import { fill, IN_FLIGHT, loadAdds, loadGets, onConnections, print, rate, URLS } from './load.js'
import { measureConflicts, measureMerges, measureSearch } from './merges.js'
import { measureSets } from './sets.js'
import { BARE, memory, SERVICE, start, stop, type Measured } from './process.js'

/** A fleet asks for a few ids; the same ones for everything that is measured. */
const IDS = Array.from({ length: 20 }, (_, n) => `container-fleet-${n}:1`)

/** What the service stores for a container, which the bare client writes and reads as well. */
const DOCUMENT = {
  id: 'container-fleet-0:1',
  digest: 'sha256:aa',
  url: 's3://b/c.tar.gz',
  version: '1',
  urls: URLS,
  updated_at: '2026-11-21T13:08:51.332Z',
  updated_by: 'anonymous'
}

/** The service on a real engine, beside the engine's official client with the same number of requests in flight. */
export async function measureEngine (name: EngineName): Promise<void> {
  const stops: Array<() => unknown> = []
  try {
    print(name, `${ENGINE_LINES[name].version}, ${IN_FLIGHT} in flight`)
    const engine = await startEngine({ teardown: stop => { stops.unshift(stop as () => unknown) } }, name)
    await fetch(`${engine.url}/bare`, {
      method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(INDEX_BODIES.container)
    })
    const client = bareClient(name, engine.url)
    stops.unshift(() => client.close())
    const route = await start(BARE, '/info', {})
    const service = await start(SERVICE, '/health/ready', { LEPORELLO_INDEX_URL: engine.url })
    stops.unshift(() => Promise.all([stop(route), stop(service)]))
    print('memory at rest', `${memory(service).now} MB`)
    await measureCatalogue(client, engine.url)
    await measureReads(client, service)
    await measureWrites(client, service)
    await measureLone(client, route, service)
    await measureFleet(service)
    await measureMerges(service)
    await measureSets(service)
    const indices = [1, 2, 3].map(() => new SearchDocumentIndex({ nodes: [engine.url], timeoutMs: 30_000 }))
    await measureConflicts(indices)
    for (const index of indices) await index.close()
    await measureList(service)
    await measureSearch(service)
  } finally {
    for (const stop of stops) await stop()
  }
}

/** Without HTTP around it: the catalogue and the bare client do the same from the same process. */
async function measureCatalogue (client: BareClient, url: string): Promise<void> {
  const index = new SearchDocumentIndex({ nodes: [url], timeoutMs: 30_000 })
  const catalogue = new Catalogue({ index, images: NO_IMAGES, requestTimeoutMs: 30_000 })
  const container = (id: string) => parseContainer({ name: id, version: '1', digest: 'd', url: 's3://b/c', urls: URLS })
  await Promise.all(IDS.map(id => Promise.all([catalogue.register(container(id), 'bench'), client.write(id, DOCUMENT)])))
  const get = await rate('get, bare client', n => client.get(IDS[n % IDS.length] as string))
  const find = await rate('find, catalogue', n => catalogue.find('container', IDS[n % IDS.length] as string))
  print('find / bare client', (find / get).toFixed(2))
  const write = await rate('blind write, bare client', n => client.write(`bare-${n}:1`, DOCUMENT))
  const register = await rate('register, catalogue', n => catalogue.register(container(`catalogue-${n}:1`), 'bench'))
  print('register / bare client', (register / write).toFixed(2))
  const began = performance.now()
  await Promise.all(Array.from({ length: 5000 }, (_, n) => catalogue.find('container', IDS[n % IDS.length] as string)))
  print('5,000 finds of 20 ids at once', `${(performance.now() - began).toFixed(0)} ms`)
  await catalogue.close()
}

async function measureReads (client: BareClient, service: Measured): Promise<void> {
  await fill(service.url, IDS)
  await Promise.all(IDS.map(id => client.write(id, DOCUMENT)))
  const yardstick = await rate('get, bare client', n => client.get(IDS[n % IDS.length] as string))
  const info = await loadGets('info', service.url, IDS.map(id => `/api/v0.1/container/info?id=${id}`))
  print('info / bare client', (info / yardstick).toFixed(2))
}

async function measureWrites (client: BareClient, service: Measured): Promise<void> {
  const yardstick = await rate('blind write, bare client', n => client.write(`container-${n}:1`, DOCUMENT))
  const add = await loadAdds('add (read, conditional write)', service.url)
  print('add / bare client', (add / yardstick).toFixed(2))
}

/** One request after another: what the service adds to its parts. */
async function measureLone (client: BareClient, route: Measured, service: Measured): Promise<void> {
  const [toRoute, toService] = [await Connection.open(route.url), await Connection.open(service.url)]
  const viaClient = await median(() => client.get(IDS[0] as string))
  const viaRoute = await median(() => toRoute.send(getRequest('/info')))
  const viaService = await median(() => toService.send(getRequest(`/api/v0.1/container/info?id=${IDS[0]}`)))
  toRoute.close()
  toService.close()
  print('lone p50: client, route, info', `${viaClient.toFixed(2)} ms, ${viaRoute.toFixed(2)} ms, ${viaService.toFixed(2)} ms`)
  print('lone info / (client + route)', (viaService / (viaClient + viaRoute)).toFixed(2))
}

/** From nothing: a thousand connections that ask five times each, for 20 ids. */
async function measureFleet (service: Measured): Promise<void> {
  for (const round of [1, 2, 3]) {
    const requests = Array.from({ length: 5000 }, (_, n) => getRequest(`/container/info?id=${IDS[n % IDS.length]}`)).values()
    const began = performance.now()
    await onConnections(service.url, 1000, async connection => {
      for (const request of requests) await connection.send(request)
    })
    print(`fleet of 5,000 for 20 ids, ${round}`, `${(performance.now() - began).toFixed(0)} ms`)
  }
}

/** Of 2,000 calls one after another, after 500 that are not measured, in milliseconds. */
async function median (work: () => Promise<unknown>): Promise<number> {
  const took: number[] = []
  for (let n = 0; n < 2500; n++) {
    const began = performance.now()
    await work()
    if (n >= 500) took.push(performance.now() - began)
  }
  return took.sort((a, b) => a - b)[took.length >> 1] as number
}
