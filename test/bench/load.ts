import { performance } from 'node:perf_hooks'
import { Connection, getRequest, postRequest } from './connection.js'

/** So many requests are on their way at once, by everything that is measured. */
export const IN_FLIGHT = 64

export const SECONDS = Number(process.env['LEPORELLO_BENCH_SECONDS'] ?? 5)

export const DOCUMENTS = Number(process.env['LEPORELLO_BENCH_DOCUMENTS'] ?? 100_000)

/** Until then what is measured is still being compiled. */
const WARM_UP_SECONDS = 3

/** What a container for two architectures sends. */
export const URLS = '{"x86_64": "s3://b/c.tar.gz", "amd64": "s3://b/c.tar.gz", ' +
  '"arm64": "s3://b/c-arm64.tar.gz", "aarch64": "s3://b/c-arm64.tar.gz"}'

/** Registers the containers, `IN_FLIGHT` at once. */
export async function fill (url: string, names: readonly string[]): Promise<void> {
  const waiting = names.values()
  await onConnections(url, IN_FLIGHT, async connection => {
    for (const name of waiting) await connection.send(addRequest(name))
  })
}

/** Sends requests by `GET` for a while; prints and resolves to the rate. */
export function loadGets (title: string, url: string, paths: readonly string[]): Promise<number> {
  const requests = paths.map(getRequest)
  return load(title, url, n => requests[n % requests.length] as string)
}

/** Adds containers of ever new names for a while. */
export function loadAdds (title: string, url: string): Promise<number> {
  return load(title, url, n => addRequest(`container-${n}:1`))
}

/** Runs `work` in `IN_FLIGHT` loops, not measuring the first seconds; prints and resolves to the rate. */
export async function rate (title: string, work: (n: number, loop: number) => Promise<unknown>): Promise<number> {
  let n = 0
  const took: number[] = []
  const run = async (seconds: number) => {
    const [first, began] = [n, performance.now()]
    const end = began + seconds * 1000
    await Promise.all(Array.from({ length: IN_FLIGHT }, async (_, loop) => {
      for (let sent = performance.now(); sent < end;) {
        await work(n++, loop)
        const now = performance.now()
        took.push(now - sent)
        sent = now
      }
    }))
    return (n - first) / (performance.now() - began) * 1000
  }
  await run(WARM_UP_SECONDS)
  took.length = 0
  const perSecond = await run(SECONDS)
  took.sort((a, b) => a - b)
  const quantile = (share: number) => (took[Math.floor(took.length * share)] ?? 0).toFixed(1)
  print(title, `${Math.round(perSecond)}/s   p50 ${quantile(0.5)} ms   p99 ${quantile(0.99)} ms`)
  return perSecond
}

/** Runs `work` on so many connections at once, and closes them. */
export async function onConnections (
  url: string, count: number, work: (connection: Connection) => Promise<unknown>
): Promise<void> {
  await Promise.all(Array.from({ length: count }, async () => {
    const connection = await Connection.open(url)
    await work(connection)
    connection.close()
  }))
}

export function print (title: string, text: string): void {
  process.stdout.write(`${title.padEnd(34)}${text}\n`)
}

/** Sends requests for a while, each made by its number; prints and resolves to the rate. */
export async function load (title: string, url: string, request: (n: number) => string): Promise<number> {
  const connections = await Promise.all(Array.from({ length: IN_FLIGHT }, () => Connection.open(url)))
  const perSecond = await rate(title, (n, loop) => (connections[loop] as Connection).send(request(n)))
  for (const connection of connections) connection.close()
  return perSecond
}

function addRequest (name: string): string {
  return postRequest('/api/v0.1/container/add', new URLSearchParams({
    name, version: '1', url: 's3://b/c.tar.gz', resource: 'container', digest: 'sha256:aa', urls: URLS
  }).toString())
}
