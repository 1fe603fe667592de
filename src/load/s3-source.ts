import { Readable } from 'node:stream'
import { GetObjectCommand, HeadObjectCommand, S3Client, S3ServiceException } from '@aws-sdk/client-s3'
import { withoutUserinfo } from '../domain/userinfo.js'
import { LoadError } from './load-error.js'
import { s3Location, type S3Location } from './s3-location.js'
import type { Source } from './source.js'

const IDLE_MS = 60_000

/** An object at AWS, or wherever AWS_ENDPOINT_URL leads; credentials are the url's, or those of the AWS chain. */
export function s3Source (url: string): Source {
  const location = s3Location(url)
  const { bucket: Bucket, key: Key } = location
  const shown = withoutUserinfo(url)
  const client = clientFor(location)
  return {
    url: shown,
    async open (from, tag) {
      const isPart = from > 0
      try {
        const { Body, ContentLength, ContentRange, ETag } = await client.send(new GetObjectCommand({
          Bucket, Key, ...isPart && { Range: `bytes=${from}-`, ...tag !== undefined && { IfMatch: tag } }
        }))
        // Without it the answer is the whole, whatever was asked for.
        const [, first, whole] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(ContentRange ?? '') ?? []
        const body = Body instanceof Readable ? Body : Readable.from([])
        const size = first === undefined ? ContentLength : whole === '*' ? undefined : Number(whole)
        return { body, from: Number(first ?? 0), size, tag: ETag }
      } catch (error) {
        // Another object, or a shorter one: from its beginning.
        if (isPart && [412, 416].includes(statusOf(error))) return await this.open(0, undefined)
        throw explained(shown, error)
      }
    },
    async validator () {
      const { ETag, ContentLength } = await client.send(new HeadObjectCommand({ Bucket, Key }))
        .catch(error => { throw explained(shown, error) })
      return ETag && `${ETag} ${ContentLength}`
    }
  }
}

function clientFor ({ region, credentials }: S3Location): S3Client {
  const custom = (process.env['AWS_ENDPOINT_URL_S3'] ?? process.env['AWS_ENDPOINT_URL']) !== undefined
  const configured = process.env['AWS_REGION'] ?? process.env['AWS_DEFAULT_REGION']
  return new S3Client({
    ...region !== undefined ? { region } : configured === undefined && custom && { region: 'us-east-1' },
    ...credentials && { credentials },
    forcePathStyle: custom,
    // The bucket may be anywhere, and its url does not say where.
    followRegionRedirects: true,
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: 10_000, socketTimeout: IDLE_MS }
  })
}

function statusOf (error: unknown): number {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode ?? 0 : 0
}

function explained (url: string, error: unknown): unknown {
  const status = statusOf(error)
  if (status === 404) return new LoadError(`there is no ${url}`, 'not-found', error)
  const { name, message } = error as Error
  if (status === 403) return new LoadError(`the store does not let these credentials read ${url} (${name})`, 'failed', error)
  if (name === 'CredentialsProviderError') return new LoadError(`${url} needs AWS credentials: ${message}`, 'failed', error)
  return new LoadError(`${url} cannot be read: ${message || name}`, 'unreachable', error)
}
