import { performance } from 'node:perf_hooks'
import { onConnections, IN_FLIGHT, print, rate } from './load.js'
import { Connection, postRequest } from './connection.js'
import type { Measured } from './process.js'

const ARCHITECTURES = ['x86_64', 'aarch64', 'ppc64le']

/** How many sets are timed one by one. */
const LONE_SETS = 200

/** Sets of three architectures over HTTP: how many are published, and how long the last image of a lone one takes to be seen. */
export async function measureSets (service: Measured): Promise<void> {
  await loadSets('sets of 3, new names', service, n => `container-set-${n}:1`)
  await loadSets('sets of 3, a name a client', service, (_n, loop) => `container-sets-${loop}:1`)
  await measureLast(service)
}

async function loadSets (title: string, { url }: Measured, nameOf: (n: number, loop: number) => string): Promise<void> {
  const connections = await Promise.all(Array.from({ length: IN_FLIGHT }, () => Connection.open(url)))
  await rate(title, async (n, loop) => {
    for (const architecture of ARCHITECTURES) await connections[loop]!.send(mergeRequest(nameOf(n, loop), `${title} ${n}`, architecture))
  })
  for (const connection of connections) connection.close()
}

/** From the sending of the last image until its answer, which says that the set is shown. */
async function measureLast ({ url }: Measured): Promise<void> {
  const took: number[] = []
  await onConnections(url, 1, async connection => {
    for (let n = 0; n < LONE_SETS; n++) {
      const requests = ARCHITECTURES.map(architecture => mergeRequest('container-lone-set:1', `lone ${n}`, architecture))
      for (const request of requests.slice(0, -1)) await connection.send(request)
      const began = performance.now()
      await connection.send(requests.at(-1)!)
      took.push(performance.now() - began)
    }
  })
  took.sort((a, b) => a - b)
  print('last architecture to visible', `p50 ${took[LONE_SETS / 2]!.toFixed(1)} ms   p99 ${took[LONE_SETS * 0.99 - 1]!.toFixed(1)} ms`)
}

function mergeRequest (name: string, build: string, architecture: string): string {
  return postRequest('/api/v0.1/container/merge', new URLSearchParams({
    name, version: '1', build, expect: ARCHITECTURES.join(), architecture, url: `s3://b/${build.replaceAll(' ', '-')}-${architecture}.tar.gz`
  }).toString())
}
