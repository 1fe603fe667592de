import { createReadStream } from 'node:fs'
import { open, writeFile } from 'node:fs/promises'
import { S3Client } from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { asChild } from './child.js'

/** The yardstick: a file straight to where the service puts it. */
export type PutOrder =
  | { readonly path: string, readonly endpoint: string, readonly bucket: string, readonly credentials: Credentials }
  | { readonly path: string, readonly to: string }

interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

await asChild<PutOrder>(async order => {
  const body = createReadStream(order.path)
  if ('to' in order) return await writeDurably(order.to, body)
  const { endpoint, bucket, credentials } = order
  const client = new S3Client({
    endpoint, credentials, region: 'us-east-1', forcePathStyle: true, requestChecksumCalculation: 'WHEN_REQUIRED'
  })
  await new Upload({ client, params: { Bucket: bucket, Key: 'bare', Body: body } }).done()
  client.destroy()
})

async function writeDurably (path: string, body: AsyncIterable<Buffer>): Promise<void> {
  const file = await open(path, 'w')
  await writeFile(file, body)
  await file.sync()
  await file.close()
}
