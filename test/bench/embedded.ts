import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EmbeddedDocumentIndex } from '../../src/adapters/embedded/document-index.js'
import { measureList } from './list.js'
import { measureConflicts, measureMerges, measureSearch } from './merges.js'
import { fill, loadAdds, loadGets, print } from './load.js'
import { measureSets } from './sets.js'
import { BARE, memory, SERVICE, start, stop } from './process.js'

/** info, add, merge, resolve, list and search of the service on its embedded catalogue, beside a bare Fastify route in the same run. */
export async function measureEmbedded (): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'leporello-bench-'))
  try {
    const bare = await start(BARE, '/info', {})
    const service = await start(SERVICE, '/health/live', { LEPORELLO_DATA_DIR: folder })
    print('start to first answer', `${service.startMs.toFixed(0)} ms`)
    print('memory at rest', `${memory(service).now} MB`)
    await fill(service.url, ['container-bench:1'])
    const yardstick = await loadGets('bare route', bare.url, ['/info'])
    const info = await loadGets('info', service.url, ['/api/v0.1/container/info?id=container-bench:1'])
    print('info / bare route', (info / yardstick).toFixed(2))
    await loadAdds('add, durable', service.url)
    await measureMerges(service)
    await measureSets(service)
    const index = await EmbeddedDocumentIndex.open({ folder })
    await measureConflicts([index, index, index])
    await index.close()
    await measureList(service)
    await measureSearch(service)
    await Promise.all([stop(bare), stop(service)])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
