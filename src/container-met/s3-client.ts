import { HeadBucketCommand, S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'
import { Patience } from '../adapters/s3/patience.js'
import type { S3Location } from './location.js'
import { agentsFor, type Environment } from './proxy.js'

export interface S3Options {
  readonly env: Environment
  /** For how long a request is repeated. */
  readonly patienceMs: number
  /** After how long without a byte an attempt is given up. */
  readonly timeoutMs: number
}

const CONNECT_TIMEOUT_MS = 10_000

/**
 * A client for the bucket, with the credentials of the url or else those of the AWS chain, through the proxy that the
 * environment names, and to `AWS_ENDPOINT_URL` where it is set.
 */
export async function connectS3 (location: S3Location, { env, patienceMs, timeoutMs }: S3Options): Promise<S3Client> {
  // Which Node later versions of the SDK will need is no concern of who reads a job's log.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true'
  const endpoint = env['AWS_ENDPOINT_URL_S3'] || env['AWS_ENDPOINT_URL'] || undefined
  const server = endpoint ?? `https://${location.bucket}.s3.amazonaws.com`
  const config: S3ClientConfig = {
    ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
    ...(location.region !== undefined && { forcePathStyle: true }),
    ...(location.credentials !== undefined && { credentials: location.credentials }),
    // Trailing checksums are AWS's own; compatible servers refuse or ignore them.
    requestChecksumCalculation: endpoint === undefined ? 'WHEN_SUPPORTED' : 'WHEN_REQUIRED',
    followRegionRedirects: true,
    expectContinueHeader: false,
    retryStrategy: new Patience(patienceMs),
    requestHandler: { connectionTimeout: CONNECT_TIMEOUT_MS, socketTimeout: timeoutMs, ...await agentsFor(new URL(server), env) }
  }
  // What stands in the url for workers is not the region of another server.
  const region = (endpoint === undefined ? location.region : undefined) ?? await configuredRegion(env)
  if (endpoint !== undefined || location.region !== undefined) return new S3Client({ ...config, region })
  // Asked once: whoever may not list the bucket is not told, and a network that is down is waited for by the upload.
  const asking = new S3Client({ ...config, region, retryStrategy: new Patience(0) })
  return new S3Client({ ...config, region: await regionOf(location.bucket, asking) ?? region })
}

/** As boto3 finds it, and where it finds none the one that knows all others. */
async function configuredRegion (env: Environment): Promise<string> {
  const named = env['AWS_REGION'] || env['AWS_DEFAULT_REGION']
  if (named) return named
  const client = new S3Client({})
  try {
    return await client.config.region()
  } catch {
    return 'us-east-1'
  } finally {
    client.destroy()
  }
}

/** Undefined where AWS does not tell; then each request finds out by a redirect. */
async function regionOf (bucket: string, client: S3Client): Promise<string | undefined> {
  try {
    return (await client.send(new HeadBucketCommand({ Bucket: bucket }))).BucketRegion
  } catch {
    return undefined
  } finally {
    client.destroy()
  }
}
