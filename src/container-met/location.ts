import { withoutUserinfo } from '../domain/userinfo.js'
import { Failure } from './failure.js'

/** What a url of a tarball means to osaka, with which workers fetch it. */
export type Location =
  | { readonly kind: 'folder', readonly path: string }
  | S3Location

export interface S3Location {
  readonly kind: 's3'
  readonly bucket: string
  readonly key: string
  /** Of the endpoint in the url, if one stands there. */
  readonly region: string | undefined
  readonly credentials: { readonly accessKeyId: string, readonly secretAccessKey: string } | undefined
}

const FORMS = 'repo is s3://BUCKET[/PREFIX], s3://s3.REGION.amazonaws.com/BUCKET[/PREFIX], a folder or file:///FOLDER'

/** osaka takes what stands before a colon for a scheme, unless a slash comes first. */
const SCHEME = /^([^/:]*):/

const S3 = /^s3s?:\/\/(?:([^/@]*)@)?([^/]*)(?:\/(.*))?$/is

const REGIONAL = /^s3[.-]([a-z]{2}(?:-[a-z]+)+-\d)\.amazonaws\.com(?:\.cn)?$/

/**
 * Reads the url of a tarball.
 *
 * @throws Failure where osaka would do something else than what is meant, with the form to use instead.
 */
export function parseLocation (url: string): Location {
  const scheme = SCHEME.exec(url)?.[1]?.toLowerCase()
  if (scheme === undefined) return { kind: 'folder', path: url }
  if (scheme === 'file') return { kind: 'folder', path: filePath(url) }
  if (scheme === 's3' || scheme === 's3s') return parseS3(url)
  throw unusable(url, scheme === 'http' || scheme === 'https'
    ? 'nothing can be stored there (with a Leporello, --via-service needs no repo)'
    : `there is no storage for the scheme ${scheme}:`)
}

function filePath (url: string): string {
  const path = /^file:\/\/(\/.*)$/is.exec(url)?.[1]
  if (path === undefined) throw unusable(url, 'a file url has three slashes and an absolute path')
  return path
}

function parseS3 (url: string): S3Location {
  const [, userinfo, authority = '', path = ''] = S3.exec(url) ?? []
  const { host, region } = parseHost(url, authority)
  const bucket = region === undefined ? host : path.split('/', 1)[0] ?? ''
  const key = region === undefined ? path : path.slice(bucket.length + 1)
  if (bucket === '' || key === '') throw unusable(url, 'it names no bucket')
  if (/[?#]/.test(key)) throw unusable(url, 'osaka cuts a key at ? and #')
  return { kind: 's3', bucket, key, region, credentials: parseUserinfo(userinfo) }
}

/** An endpoint's region, or no region and a bucket. Bucket names are lower-case, as osaka makes them. */
function parseHost (url: string, authority: string): { host: string, region: string | undefined } {
  const [, host = '', port] = /^([^:]*)(?::(\d*))?$/.exec(authority.toLowerCase()) ?? []
  const region = host === 's3.amazonaws.com' ? 'us-east-1' : REGIONAL.exec(host)?.[1]
  if (host === 's3.us-east-1.amazonaws.com') {
    throw unusable(url, 'osaka takes that host for a bucket: write s3.amazonaws.com for us-east-1')
  }
  if (region === undefined && host.includes('amazonaws')) {
    throw unusable(url, 'osaka does not know that host: write s3://BUCKET/PREFIX')
  }
  if (port !== undefined && (region === undefined || !['80', '443'].includes(port))) {
    throw unusable(url, 'osaka knows no other servers than AWS: write s3://BUCKET and set AWS_ENDPOINT_URL to the server\'s address')
  }
  return { host, region }
}

function parseUserinfo (userinfo: string | undefined): S3Location['credentials'] {
  if (userinfo === undefined) return undefined
  const [accessKeyId = '', ...secret] = userinfo.split(':')
  return { accessKeyId, secretAccessKey: secret.join(':') }
}

function unusable (url: string, reason: string): Failure {
  return new Failure(`the tarball cannot go to ${withoutUserinfo(url)}: ${reason}; nothing was sent. ${FORMS}`)
}
