import { once } from 'node:events'
import { createServer } from 'node:net'
import type { Config } from '../config.js'
import { Findings, type Finding } from './finding.js'
import { isLeporello } from './liveness.js'

/** Whether the address to listen on can be had, or has a Leporello on it already. */
export async function checkListening ({ server, metrics }: Config): Promise<readonly Finding[]> {
  const findings = new Findings('listening')
  await checkAddress(findings, server)
  if (metrics !== undefined) await checkMetricsAddress(findings, metrics, server)
  return findings.all
}

/** While the service runs it has that one as well. */
async function checkMetricsAddress (
  findings: Findings, { host, port }: NonNullable<Config['metrics']>, { host: own, port: ownPort, tls }: Config['server']
): Promise<void> {
  const code = await refusalOf(host, port)
  const address = `${host.includes(':') ? `[${host}]` : host}:${port}`
  if (code === undefined) findings.ok(`${address} is free for the metrics`)
  else if (code === 'EADDRINUSE' && await isLeporello(`http${tls === undefined ? '' : 's'}://${reachable(own)}:${ownPort}`, { insecure: true }) === true) {
    findings.ok(`the service runs, and its metrics are on ${address}`)
  } else findings.wrong(`the metrics cannot be on ${address} (${code}): the service does not start`, 'choose another LEPORELLO_METRICS_PORT or LEPORELLO_METRICS_HOST')
}

async function checkAddress (findings: Findings, { host, port, tls }: Config['server']): Promise<void> {
  const code = await refusalOf(host, port)
  const address = `${host.includes(':') ? `[${host}]` : host}:${port}`
  if (code === undefined) findings.ok(`${address} is free`)
  else if (code === 'EADDRINUSE') await tellWhose(findings, address, `http${tls === undefined ? '' : 's'}://${reachable(host)}:${port}`)
  else if (code === 'EACCES') findings.wrong(`this user may not listen on ${address}`, 'choose a LEPORELLO_PORT above 1023, or grant CAP_NET_BIND_SERVICE')
  else findings.wrong(`${address} cannot be listened on (${code})`, 'LEPORELLO_HOST must be an address of this machine, such as 0.0.0.0')
}

async function tellWhose (findings: Findings, address: string, url: string): Promise<void> {
  if (await isLeporello(url, { insecure: true }) === true) findings.ok(`the service runs on ${address}`)
  else findings.wrong(`another program listens on ${address}`, 'end it, or choose another LEPORELLO_PORT')
}

/** An address that means every one of this machine's. */
function reachable (host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  return host === '::' ? '[::1]' : host.includes(':') ? `[${host}]` : host
}

async function refusalOf (host: string, port: number): Promise<string | undefined> {
  const server = createServer()
  try {
    server.listen({ host, port, exclusive: true })
    await once(server, 'listening')
    return undefined
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown'
  } finally {
    server.close()
  }
}
