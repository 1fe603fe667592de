import {
  paginateListObjectsV2, ListMultipartUploadsCommand, type ListMultipartUploadsCommandOutput, type S3Client
} from '@aws-sdk/client-s3'
import type { ListedObject, UnfinishedPut } from '../../ports/image-store.js'

/** A bucket, or the part of one whose keys start with `prefix`; keys are named without it. */
export interface Place {
  readonly bucket: string
  /** Empty, or ends in a slash. */
  readonly prefix: string
}

export async function * objectsOf (
  client: S3Client, { bucket, prefix }: Place, start: string, after?: string
): AsyncGenerator<readonly ListedObject[]> {
  const pages = paginateListObjectsV2({ client }, {
    Bucket: bucket,
    Prefix: prefix + start,
    ...(after !== undefined && { StartAfter: prefix + after })
  })
  for await (const { Contents = [] } of pages) {
    const objects = Contents.map(({ Key = '', Size = 0, LastModified = new Date() }) =>
      ({ key: Key.slice(prefix.length), size: Size, lastModified: LastModified }))
    if (objects.length > 0) yield objects
  }
}

/**
 * Lists the whole bucket's and chooses here: minio takes a prefix for a whole key. minio also forgets at a restart
 * which keys have uploads; it removes those itself after a day.
 */
export async function * uploadsOf (
  client: S3Client, { bucket, prefix }: Place, startedBefore: Date
): AsyncGenerator<readonly UnfinishedPut[]> {
  let page: Partial<ListMultipartUploadsCommandOutput> = {}
  do {
    page = await client.send(new ListMultipartUploadsCommand({
      Bucket: bucket,
      KeyMarker: page.NextKeyMarker,
      UploadIdMarker: page.NextUploadIdMarker
    }))
    const uploads = (page.Uploads ?? [])
      .map(({ Key = '', UploadId = '', Initiated = new Date() }) => ({ id: UploadId, key: Key, startedAt: Initiated }))
      .filter(({ key, startedAt }) => key.startsWith(prefix) && startedAt < startedBefore)
      .map(upload => ({ ...upload, key: upload.key.slice(prefix.length) }))
    if (uploads.length > 0) yield uploads
  } while (page.IsTruncated)
}
