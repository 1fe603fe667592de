import type { Config } from '../config.js'
import { Findings, type Finding } from './finding.js'
import { asksLeporello } from './liveness.js'
import { isLoopback } from '../domain/loopback.js'

const REFUSED = new Set(['ECONNREFUSED', 'UND_ERR_CONNECT_TIMEOUT'])

/** Whether workers can follow the urls that uploads are registered with. */
export async function checkPublicUrl ({ server: { host }, store: { publicUrl, urlStyle, place } }: Config): Promise<readonly Finding[]> {
  const findings = new Findings('public url')
  if (publicUrl === undefined) {
    const style = urlStyle ?? (place.kind === 's3' && place.endpoint === undefined ? 's3' : 'service')
    if (style === 'service' && !isLoopback(host)) {
      findings.wrong('uploads are registered with urls of this service, and it does not know its own address: they are refused',
        'set LEPORELLO_PUBLIC_URL to the address by which workers reach it')
    } else if (style === 'service') {
      findings.ok('uploads are registered with urls of the loopback address, which only this machine reaches')
    }
    return findings.all
  }
  await checkAddress(findings, publicUrl.replace(/\/$/, ''))
  return findings.all
}

async function checkAddress (findings: Findings, url: string): Promise<void> {
  try {
    if (await asksLeporello(url)) findings.ok(`${url} leads to a Leporello`)
    else findings.wrong(`what answers at ${url} is no Leporello`, 'mend LEPORELLO_PUBLIC_URL, or the path in the proxy in front')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (REFUSED.has(code ?? '')) findings.warning(`nothing answers at ${url}`, 'start the service, and ask again; if it runs, mend LEPORELLO_PUBLIC_URL')
    else findings.wrong(`${url} cannot be asked from here: ${message}`, 'mend LEPORELLO_PUBLIC_URL, the name, or the certificate')
  }
}
