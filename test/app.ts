import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import { FolderImageStore } from '../src/adapters/folder/image-store.js'
import { buildApp } from '../src/app.js'
import { openBackends, type Backends } from '../src/backends.js'
import { loadConfig } from '../src/config.js'
import { replayedByWorkers } from './worker-replay.js'

export interface TestAppOptions {
  readonly env?: Record<string, string>
  readonly backends?: Partial<Backends>
}

/**
 * A ready app over an embedded catalogue of its own, or over other backends; it ends with the test. Whatever it writes of
 * containers is held against what workers do with it.
 */
export async function testApp (t: Test, { env = {}, backends }: TestAppOptions = {}): Promise<FastifyInstance> {
  const folder = await temporaryFolder(t)
  const config = loadConfig({ LEPORELLO_DATA_DIR: folder, LEPORELLO_PUBLIC_URL: 'http://leporello.test', ...env })
  const { index, images = new FolderImageStore({ root: join(folder, 'tarballs') }) } = backends ?? {}
  const opened = index ? { index, images, publicUrl: () => config.store.publicUrl } : await openBackends(config)
  const app = await buildApp({ config, backends: { ...opened, index: replayedByWorkers(t, opened.index) } })
  t.teardown(() => app.close())
  await app.ready()
  return app
}

/** A folder of the test's own, gone when it ends. */
export async function temporaryFolder (t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'leporello-test-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** A form body as Python's requests sends it, with its header. */
export function form (fields: Record<string, string>) {
  return {
    payload: new URLSearchParams(fields).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' }
  }
}

export const CONTAINER = {
  name: 'container-hello:1.0',
  version: '1.0',
  digest: 'sha256:aa',
  urls: '{"x86_64": "s3://b/hello.tar.gz", "amd64": "s3://b/hello.tar.gz", "arm64": "s3://b/hello-arm64.tar.gz", "aarch64": "s3://b/hello-arm64.tar.gz"}'
}
