import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Test } from 'tap'
import { LeporelloClient } from '../../src/client/index.js'
import { temporaryFolder } from '../app.js'
import { podmanArchive, sampleImage } from '../image/support/sample-image.js'
import { tar } from '../image/support/tar-writer.js'
import { startService, type Service } from '../service.js'

export const NAME = 'container-hello:1.0'

export interface Site {
  readonly service: Service
  readonly client: LeporelloClient
  readonly dataFolder: string
  readonly cache: string
  /** For `leporello load` on a worker of the site. */
  readonly env: Readonly<Record<string, string>>
}

/** A service with an empty catalogue, and a worker's cache; `env` is for the service. */
export async function startSite (t: Test, env: Readonly<Record<string, string>> = {}): Promise<Site> {
  const [dataFolder, folder] = await Promise.all([temporaryFolder(t), temporaryFolder(t)])
  const service = await startService(t, { LEPORELLO_DATA_DIR: dataFolder, ...env })
  const client = new LeporelloClient({ url: service.url })
  t.teardown(() => client.close())
  const cache = join(folder, 'cache')
  return { service, client, dataFolder, cache, env: { LEPORELLO_URL: service.url, LEPORELLO_CACHE: cache, HOME: folder } }
}

export interface Made {
  readonly tarball: Buffer
  readonly imageId: string
}

/** A small image; `text` makes it another one. */
export function made (architecture: string, text = '', name = NAME): Made {
  const image = sampleImage({ architecture, config: { comment: text } })
  return { tarball: tar(podmanArchive(image, name)), imageId: createHash('sha256').update(image.config).digest('hex') }
}

/** Registers tarballs by uploading them. */
export async function uploaded ({ client }: Site, files: Readonly<Record<string, string>>, name = NAME): Promise<void> {
  await client.upload({
    name, version: '1.0', tarballs: Object.entries(files).map(([architecture, source]) => ({ architecture, source }))
  })
}
