import { LeporelloError } from '../errors.js'

/**
 * How a tarball's url is written into a registration: `s3` is `s3://bucket/key`, `endpoint` is
 * `s3://<regional endpoint>/bucket/key`, `service` is this service's own download route.
 */
export const URL_STYLES = ['s3', 'endpoint', 'service'] as const

export type UrlStyle = typeof URL_STYLES[number]

/** Lower-case, since osaka reads the bucket as a host name, and no text that it would take for an endpoint. */
const BUCKET = /^(?!.*amazonaws)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/

/** The partitions whose endpoints follow the pattern; osaka finds a host by botocore's list of endpoints. */
const REGION = /^(af|ap|ca|eu|il|me|mx|sa|us)(-gov)?-[a-z]+-\d$/
const CHINA = /^cn-[a-z]+-\d$/

/** `s3://bucket/key`: osaka asks AWS for the region. Throws a sentence if the bucket cannot stand so. */
export function bucketUrl (bucket: string, key: string): string {
  return `s3://${checkBucket(bucket)}/${key}`
}

/**
 * `s3://s3.us-west-2.amazonaws.com/bucket/key`. Throws a sentence for the operator if osaka does not know the region's
 * host.
 */
export function endpointUrl (region: string, bucket: string, key: string): string {
  return `s3://${endpointOf(region)}/${checkBucket(bucket)}/${key}`
}

/**
 * The download route, by the last two parts of the key: `<public url>/api/v0.1/container/tarball/<ulid>/<file>`.
 * Throws `PUBLIC_URL_MISSING` without a public url.
 */
export function serviceUrl (publicUrl: string | undefined, key: string): string {
  if (publicUrl === undefined) {
    throw new LeporelloError('PUBLIC_URL_MISSING',
      'Tarballs are downloaded from this service, and it does not know its own address: set LEPORELLO_PUBLIC_URL.')
  }
  return `${publicUrl.replace(/(?<!\/)\/+$/, '')}/api/v0.1/container/tarball/${key.split('/').slice(-2).join('/')}`
}

function endpointOf (region: string): string {
  // botocore lists us-east-1 as the global endpoint, and osaka takes its regional one for a bucket.
  if (region === 'us-east-1') return 's3.amazonaws.com'
  if (CHINA.test(region)) return `s3.${region}.amazonaws.com.cn`
  if (REGION.test(region)) return `s3.${region}.amazonaws.com`
  throw new TypeError(`LEPORELLO_URL_STYLE=endpoint: osaka knows no endpoint of ${region}; use s3 or service`)
}

function checkBucket (bucket: string): string {
  if (BUCKET.test(bucket)) return bucket
  throw new TypeError(`osaka cannot reach a bucket named ${JSON.stringify(bucket)}; set LEPORELLO_URL_STYLE=service`)
}
