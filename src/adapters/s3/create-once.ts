import { HeadObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { encodeMetadata, sameMark } from './metadata.js'
import { statusOf } from './store-error.js'

const EXISTS = 412

/** Another conditional write of the key is under way (AWS only); it may fail yet, so it is asked again. */
const UNDER_WAY = 'ConditionalRequestConflict'

/** Resolves to whether these bytes are the object: also when the request was repeated, and met what it had written. */
export async function createOnce (
  client: S3Client, object: { readonly Bucket: string, readonly Key: string }, bytes: Uint8Array
): Promise<boolean> {
  const Metadata = encodeMetadata()
  try {
    await client.send(new PutObjectCommand({ ...object, Body: bytes, Metadata, IfNoneMatch: '*' }))
    return true
  } catch (error) {
    if (error instanceof Error && error.name === UNDER_WAY) return await createOnce(client, object, bytes)
    if (statusOf(error) !== EXISTS) throw error
    return sameMark((await client.send(new HeadObjectCommand(object))).Metadata, Metadata)
  }
}
