import { once } from 'node:events'
import { createServer } from 'node:net'
import type { Config } from '../config.js'
import { Findings, type Finding } from './finding.js'
import { isLeporello } from './liveness.js'

/** Whether the address to listen on can be had, or has a Leporello on it already. */
export async function checkListening ({ server: { host, port, tls } }: Config): Promise<readonly Finding[]> {
  const findings = new Findings('listening')
  const code = await refusalOf(host, port)
  const address = `${host.includes(':') ? `[${host}]` : host}:${port}`
  if (code === undefined) findings.ok(`${address} is free`)
  else if (code === 'EADDRINUSE') await tellWhose(findings, address, `http${tls === undefined ? '' : 's'}://${reachable(host)}:${port}`)
  else if (code === 'EACCES') findings.wrong(`this user may not listen on ${address}`, 'choose a LEPORELLO_PORT above 1023, or grant CAP_NET_BIND_SERVICE')
  else findings.wrong(`${address} cannot be listened on (${code})`, 'LEPORELLO_HOST must be an address of this machine, such as 0.0.0.0')
  return findings.all
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
