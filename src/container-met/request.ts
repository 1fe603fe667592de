import { basename } from 'node:path'
import { Failure } from './failure.js'

/** The command line of container-met, in its order. */
export interface MetRequest {
  readonly ident: string
  readonly version: string
  /** Path of the tarball for amd64; empty if there is none. */
  readonly product: string
  /** Where the tarballs go. */
  readonly repo: string
  readonly digest: string
  readonly mozartUrl: URL
  /** Path of the tarball for arm64; empty if there is none. */
  readonly productArm64: string
}

const NAMES = ['ident', 'version', 'product', 'repo', 'digest', 'mozart_url'] as const

/** What an incomplete command line is answered with, word for word as by container-met.py. */
export const USAGE = '[ERROR] Metadata requires: ident version product repo digest mozart_url [product_arm64]'

/** Reads the positional arguments; undefined when some are missing. More than seven are ignored, as ever. */
export function parseRequest (given: readonly string[]): MetRequest | undefined {
  const [ident, version, product, repo, digest, mozartUrl, productArm64 = ''] = given
  if (ident === undefined || version === undefined || product === undefined || repo === undefined ||
    digest === undefined || mozartUrl === undefined) return undefined
  return { ...checked({ ident, version, digest }), product, repo, mozartUrl: parseMozartUrl(mozartUrl), productArm64 }
}

/** Mozart refuses these, but only when the tarballs are stored already. */
function checked<Parameters extends Record<string, string>> (parameters: Parameters): Parameters {
  for (const [name, value] of Object.entries(parameters)) {
    if (value === '') throw new Failure(`${name} is empty; nothing was sent. The arguments are: ${NAMES.join(' ')} [product_arm64]`)
  }
  return parameters
}

function parseMozartUrl (text: string): URL {
  if (/^https?:\/\/[^/]/i.test(text) && URL.canParse(text)) return new URL(text)
  throw new Failure(`mozart_url must be an address such as https://HOST:8888/api/v0.1, not ${JSON.stringify(text)}; nothing was sent`)
}

/** Of `POST container/add` and the like: one slash in between, whether or not the address ends in one. */
export function endpoint ({ mozartUrl }: MetRequest, path: string): URL {
  const url = new URL(mozartUrl)
  url.pathname = joined(url.pathname, path)
  return url
}

/** The url under which a tarball is registered, and which says where it is stored. */
export function tarballUrl ({ repo }: MetRequest, product: string): string {
  return joined(repo, basename(product))
}

function joined (base: string, name: string): string {
  return base === '' || base.endsWith('/') ? base + name : `${base}/${name}`
}
