import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { connect } from 'node:tls'
import type { Config } from '../config.js'
import { Findings, type Finding } from './finding.js'

const DAY_MS = 86_400_000
const SOON_DAYS = 21

/** Our own certificate, and how long those of the servers behind us last. */
export async function checkCertificates (config: Config, timeoutMs: number): Promise<readonly Finding[]> {
  const findings = new Findings('certificates')
  const { tls } = config.server
  if (tls !== undefined) await checkOwn(findings, tls, config.store.publicUrl)
  for (const { what, url } of serversOf(config)) {
    const certificate = await certificateOf(url, timeoutMs)
    // That it does not answer is told by the check of what it is.
    if (certificate !== undefined) checkDates(findings, `the certificate of ${what} at ${url.host}`, certificate)
  }
  return findings.all
}

async function checkOwn (
  findings: Findings, { certFile, keyFile }: NonNullable<Config['server']['tls']>, publicUrl: string | undefined
): Promise<void> {
  try {
    const certificate = new X509Certificate(await readFile(certFile))
    if (!certificate.checkPrivateKey(createPrivateKey(await readFile(keyFile)))) {
      findings.wrong(`${keyFile} is not the key of the certificate in ${certFile}`, 'name the two files that belong together')
    }
    checkDates(findings, `the certificate in ${certFile}`, certificate)
    if (publicUrl !== undefined) checkName(findings, certificate, new URL(publicUrl).hostname.replace(/^\[|\]$/g, ''))
  } catch (error) {
    findings.wrong(`LEPORELLO_TLS_CERT (${certFile}) and LEPORELLO_TLS_KEY (${keyFile}) cannot be used: ${(error as Error).message}`,
      'both must be PEM files that this user may read')
  }
}

function checkName (findings: Findings, certificate: X509Certificate, host: string): void {
  const fits = isIP(host) === 0 ? certificate.checkHost(host) : certificate.checkIP(host)
  if (fits === undefined) {
    findings.wrong(`the certificate is not for ${host}, by which LEPORELLO_PUBLIC_URL tells clients to come`, 'get one with that name, or mend LEPORELLO_PUBLIC_URL')
  }
}

function checkDates (findings: Findings, name: string, { validFrom, validTo }: X509Certificate): void {
  const days = Math.floor((Date.parse(validTo) - Date.now()) / DAY_MS)
  const mend = 'renew it'
  if (Date.parse(validFrom) > Date.now()) findings.wrong(`${name} is not valid before ${validFrom}`, 'look at the clock, or wait')
  else if (days < 0) findings.wrong(`${name} ended on ${validTo}`, mend)
  else if (days < SOON_DAYS) findings.warning(`${name} ends in ${days} days, on ${validTo}`, mend)
  else findings.ok(`${name} is valid for another ${days} days`)
}

function serversOf ({ index, store: { place }, mozart }: Config): Array<{ readonly what: string, readonly url: URL }> {
  return [
    ...index.kind === 'search' ? index.nodes.map(node => ({ what: 'the search engine', url: new URL(node) })) : [],
    ...place.kind === 's3' && place.endpoint !== undefined ? [{ what: 'the S3 server', url: new URL(place.endpoint) }] : [],
    ...mozart === undefined ? [] : [{ what: 'Mozart', url: new URL(mozart.url) }]
  ].filter(({ url: { protocol } }) => protocol === 'https:')
}

async function certificateOf ({ hostname, port }: URL, timeoutMs: number): Promise<X509Certificate | undefined> {
  const host = hostname.replace(/^\[|\]$/g, '')
  return await new Promise(resolve => {
    // Whether it is trusted is not the question here, and nothing is sent.
    const socket = connect({
      host, port: Number(port || 443), rejectUnauthorized: false, ...isIP(host) === 0 && { servername: host }
    })
    socket.setTimeout(timeoutMs, () => { socket.destroy() })
    socket.once('secureConnect', () => {
      resolve(socket.getPeerX509Certificate())
      socket.destroy()
    })
    socket.once('error', () => { resolve(undefined) })
    socket.once('close', () => { resolve(undefined) })
  })
}
