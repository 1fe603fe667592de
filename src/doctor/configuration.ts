import { closest, distance } from 'fastest-levenshtein'
import { unknownVariables, VARIABLES, type Config } from '../config.js'
import { Findings, type Finding } from './finding.js'
import { isLoopback } from '../domain/loopback.js'

/** More letters than that apart is another word. */
const FARTHEST = 4

export type Environment = Readonly<Record<string, string | undefined>>

/** What can be told from the variables alone. */
export function checkConfiguration (env: Environment, config: Config): readonly Finding[] {
  const findings = new Findings('configuration')
  for (const name of unknownVariables(env)) warnOfUnknown(findings, name)
  warnOfExposure(findings, config)
  warnOfBlindTrust(findings, config)
  if (findings.all.length === 0) findings.ok('the variables can be used')
  return findings.all
}

function warnOfUnknown (findings: Findings, name: string): void {
  const meant = closest(name, Object.keys(VARIABLES))
  findings.warning(`${name} is not a variable that leporello reads`,
    distance(name, meant) <= FARTHEST ? `set ${meant} instead, if that is what it means` : 'see leporello serve --help for those it reads')
}

function warnOfExposure (findings: Findings, { server: { host, tls }, access: { htpasswdFile, accountsFile } }: Config): void {
  if (isLoopback(host)) return
  const isOpen = htpasswdFile === undefined && accountsFile === undefined
  if (isOpen) {
    findings.warning(`it listens on ${host}, and everybody who reaches it may change the catalogue`,
      'set LEPORELLO_HTPASSWD or LEPORELLO_ACCESS, or let only a proxy reach it')
  } else if (tls === undefined) {
    findings.warning(`it listens on ${host} without TLS: passwords and tokens pass in the clear, unless a proxy in front has TLS`,
      'set LEPORELLO_TLS_CERT and LEPORELLO_TLS_KEY, or let only a proxy with TLS reach it')
  }
}

function warnOfBlindTrust (findings: Findings, { index, mozart }: Config): void {
  if (index.kind === 'search' && index.insecure) {
    findings.warning('any certificate of the search engine is accepted, so anybody in between could read and write the catalogue',
      'set LEPORELLO_INDEX_CA to the certificates that signed it, and unset LEPORELLO_INDEX_INSECURE')
  }
  if (mozart?.insecure === true) {
    findings.warning('any certificate of Mozart is accepted', 'unset LEPORELLO_MOZART_INSECURE once Mozart has a certificate that is trusted here')
  }
}
