import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DeleteObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3'
import { startS3Server, type S3Server } from '../../engines/s3-server.js'
import { SERVICE, start, stop, type Measured } from '../process.js'
import { startLink } from './link.js'
import type { PutOrder } from './put.js'

/** A bucket of the store, and by which address it is reached. */
export interface Bucket {
  readonly server: S3Server
  readonly name: string
  readonly endpoint: string
}

/** The stores, services and folders of a run, which end with it. */
export class Stage {
  readonly #stops: Array<() => unknown> = []
  #server: S3Server | undefined

  /** A bucket of the one store; with `bytesPerSecond`, behind a link that carries no more. */
  async bucket (bytesPerSecond?: number): Promise<Bucket> {
    this.#server ??= await startS3Server({ teardown: stop => { this.#stops.unshift(stop as () => unknown) } }, 'versitygw')
    const server = this.#server
    const name = await server.bucket()
    if (bytesPerSecond === undefined) return { server, name, endpoint: server.endpoint }
    const link = await startLink(server.endpoint, bytesPerSecond)
    this.#stops.unshift(() => link.process.kill('SIGKILL'))
    return { server, name, endpoint: link.url }
  }

  /** The service in a process of its own, with the bucket for its store. */
  async serviceOn ({ server, name, endpoint }: Bucket, env: Record<string, string> = {}): Promise<Measured> {
    const { accessKeyId, secretAccessKey } = server.credentials
    return await this.service(await this.folder(), {
      LEPORELLO_STORE: `s3://${name}`,
      LEPORELLO_S3_ENDPOINT: endpoint,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      ...env
    })
  }

  async service (data: string, env: Record<string, string> = {}): Promise<Measured> {
    const service = await start(SERVICE, '/health/live', { LEPORELLO_DATA_DIR: data, NODE_NO_WARNINGS: '1', ...env })
    this.#stops.unshift(() => stop(service))
    return service
  }

  async folder (): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'leporello-bench-'))
    this.#stops.unshift(() => rm(folder, { recursive: true, force: true }))
    return folder
  }

  async close (): Promise<void> {
    for (const stop of this.#stops) await stop()
  }
}

export function putInto ({ server: { credentials }, name, endpoint }: Bucket, path: string): PutOrder {
  return { path, endpoint, bucket: name, credentials }
}

export async function empty ({ server: { client }, name: Bucket }: Bucket): Promise<void> {
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket }))
  for (const { Key } of Contents) await client.send(new DeleteObjectCommand({ Bucket, Key }))
}
