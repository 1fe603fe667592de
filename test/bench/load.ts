import autocannon from 'autocannon'

/** So many requests are on their way at once, by everything that is measured. */
export const IN_FLIGHT = 64

export const SECONDS = Number(process.env['LEPORELLO_BENCH_SECONDS'] ?? 5)

export const DOCUMENTS = Number(process.env['LEPORELLO_BENCH_DOCUMENTS'] ?? 100_000)

export const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

/** What a container for two architectures sends. */
export const URLS = '{"x86_64": "s3://b/c.tar.gz", "amd64": "s3://b/c.tar.gz", ' +
  '"arm64": "s3://b/c-arm64.tar.gz", "aarch64": "s3://b/c-arm64.tar.gz"}'

/** Registers the containers, `IN_FLIGHT` at once. */
export async function fill (url: string, names: readonly string[]): Promise<void> {
  const waiting = names.values()
  await Promise.all(Array.from({ length: IN_FLIGHT }, async () => {
    for (const name of waiting) {
      const { status } = await fetch(`${url}/container/add`, { method: 'POST', headers: FORM, body: addBody(name) })
      if (status !== 200) throw new Error(`${status} for ${name}`)
    }
  }))
}

/** Adds containers of ever new names for a while. */
export function loadAdds (title: string, url: string): Promise<number> {
  let n = 0
  return load(title, {
    url: `${url}/api/v0.1/container/add`,
    requests: [{ method: 'POST', headers: FORM, setupRequest: request => ({ ...request, body: addBody(`container-${n++}:1`) }) }]
  })
}

/** Sends requests for a while, not measuring the first second; prints and resolves to the rate. */
export async function load (title: string, options: autocannon.Options): Promise<number> {
  await autocannon({ connections: IN_FLIGHT, duration: 1, ...options })
  const { requests, latency, non2xx, errors } = await autocannon({ connections: IN_FLIGHT, duration: SECONDS, ...options })
  if (non2xx + errors > 0) throw new Error(`${title}: ${non2xx} answers were not 2xx, ${errors} errors`)
  print(title, `${Math.round(requests.average)}/s   p50 ${latency.p50} ms   p99 ${latency.p99} ms`)
  return requests.average
}

export function print (title: string, text: string): void {
  process.stdout.write(`${title.padEnd(34)}${text}\n`)
}

function addBody (name: string): string {
  return new URLSearchParams({
    name, version: '1', url: 's3://b/c.tar.gz', resource: 'container', digest: 'sha256:aa', urls: URLS
  }).toString()
}
