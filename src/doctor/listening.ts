import { createServer } from 'node:net'
import type { Config } from '../config.js'
import { Findings, type Finding } from './finding.js'
import { hasMetrics, isLeporello } from './liveness.js'

/** Whether the address to listen on can be had, or has a Leporello on it already. */
export async function checkListening ({ server, metrics }: Config): Promise<readonly Finding[]> {
  const findings = new Findings('listening')
  await whileListening(server, async refusal => {
    await tellOfAddress(findings, server, refusal)
    // The service has both at once.
    if (metrics !== undefined) await whileListening(metrics, async refusal => { await tellOfMetrics(findings, metrics, server, refusal) })
  })
  return findings.all
}

interface Address {
  readonly host: string
  readonly port: number
}

/** While the service runs it has that one as well. */
async function tellOfMetrics (findings: Findings, metrics: Address, server: Config['server'], refusal: string | undefined): Promise<void> {
  const address = printed(metrics)
  if (refusal === undefined) findings.ok(`${address} is free for the metrics`)
  else if (refusal === 'EADDRINUSE' && await isLeporello(urlOf(server), { insecure: true }) === true && await hasMetrics(urlOf(metrics))) {
    findings.ok(`the service runs, and its metrics are on ${address}`)
  } else findings.wrong(`the metrics cannot be on ${address} (${refusal}): the service does not start`, 'choose another LEPORELLO_METRICS_PORT or LEPORELLO_METRICS_HOST')
}

async function tellOfAddress (findings: Findings, server: Config['server'], refusal: string | undefined): Promise<void> {
  const address = printed(server)
  if (refusal === undefined) findings.ok(`${address} is free`)
  else if (refusal === 'EADDRINUSE') await tellWhose(findings, address, urlOf(server))
  else if (refusal === 'EACCES') findings.wrong(`this user may not listen on ${address}`, 'choose a LEPORELLO_PORT above 1023, or grant CAP_NET_BIND_SERVICE')
  else findings.wrong(`${address} cannot be listened on (${refusal})`, 'LEPORELLO_HOST must be an address of this machine, such as 0.0.0.0')
}

async function tellWhose (findings: Findings, address: string, url: string): Promise<void> {
  if (await isLeporello(url, { insecure: true }) === true) findings.ok(`the service runs on ${address}`)
  else findings.wrong(`another program listens on ${address}`, 'end it, or choose another LEPORELLO_PORT')
}

function printed ({ host, port }: Address): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** Where it is asked; an address that means every one of this machine's is its loopback address. */
function urlOf ({ host, port, tls }: Address & { readonly tls?: object | undefined }): string {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return `http${tls === undefined ? '' : 's'}://${printed({ host: reachable, port })}`
}

/** Listens there meanwhile; `work` gets the code of the system's refusal, if it refuses. */
async function whileListening ({ host, port }: Address, work: (refusal: string | undefined) => Promise<void>): Promise<void> {
  const server = createServer(socket => { socket.destroy() })
  const refusal = await new Promise<string | undefined>(resolve => {
    server.once('error', (error: NodeJS.ErrnoException) => { resolve(error.code ?? 'unknown') })
    server.listen({ host, port, exclusive: true }, () => { resolve(undefined) })
  })
  try {
    await work(refusal)
  } finally {
    server.close()
  }
}
