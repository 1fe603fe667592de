import { Readable } from 'node:stream'
import { GetObjectCommand, HeadObjectCommand, type HeadObjectCommandOutput, type S3Client } from '@aws-sdk/client-s3'
import { spanOf, type ByteRange } from '../../domain/byte-range.js'
import type { ObjectFacts, ReadObject } from '../../ports/image-store.js'
import { unlessAbsent } from './absence.js'
import type { Place } from './listing.js'
import { decodeMetadata } from './metadata.js'

export async function headOf (
  client: S3Client, { bucket, prefix }: Place, key: string
): Promise<ObjectFacts | undefined> {
  const answer = await unlessAbsent(client.send(new HeadObjectCommand({ Bucket: bucket, Key: prefix + key })))
  return answer && factsOf(key, answer)
}

/**
 * A range is made exact before it is asked for: servers disagree on suffixes and on empty objects. Objects are not
 * replaced while they are registered, so that the two requests meet the same one.
 */
export async function read (
  client: S3Client, { bucket, prefix }: Place, key: string, range?: ByteRange
): Promise<ReadObject | undefined> {
  const facts = range && await headOf(client, { bucket, prefix }, key)
  if (range && facts === undefined) return undefined
  const span = range && facts && spanOf(range, facts.size)
  const answer = await unlessAbsent(client.send(new GetObjectCommand({
    Bucket: bucket,
    Key: prefix + key,
    ...(span && { Range: `bytes=${span.first}-${span.last}` })
  })))
  if (answer === undefined) return undefined
  const body = answer.Body instanceof Readable ? answer.Body : Readable.from([])
  return { ...(facts ?? factsOf(key, answer)), ...(span && { range: span }), body }
}

function factsOf (key: string, answer: Partial<HeadObjectCommandOutput>): ObjectFacts {
  const { ContentLength, LastModified, Metadata } = answer
  return { key, size: ContentLength ?? 0, lastModified: LastModified ?? new Date(), metadata: decodeMetadata(Metadata) }
}
