import { performance } from 'node:perf_hooks'
import { DOCUMENTS, fill, print } from './load.js'
import { memory, type Measured } from './process.js'

/** Time and memory of the list of all containers, when there are many. */
export async function measureList (service: Measured): Promise<void> {
  await fill(service.url, Array.from({ length: DOCUMENTS }, (_, n) => `container-fill-${n}:1`))
  const before = memory(service)
  for (const round of [1, 2, 3]) {
    const began = performance.now()
    const answer = await (await fetch(`${service.url}/api/v0.1/container/list`)).text()
    const ms = performance.now() - began
    print(`list, ${round}`, `${ms.toFixed(0)} ms for ${JSON.parse(answer).result.length} ids`)
  }
  const after = memory(service)
  print('memory before and after listing', `${before.now} MB, ${after.now} MB; peak before and after ${before.peak} MB, ${after.peak} MB`)
}
