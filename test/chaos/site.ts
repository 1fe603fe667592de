import { setTimeout } from 'node:timers/promises'
import { ListMultipartUploadsCommand, ListObjectsV2Command } from '@aws-sdk/client-s3'
import type { Test } from 'tap'
import { SearchDocumentIndex } from '../../src/adapters/search/document-index.js'
import type { DocumentIndex } from '../../src/ports/document-index.js'
import { temporaryFolder } from '../app.js'
import { freePort, startEngine, type Engine } from '../engines/engine.js'
import type { EngineName } from '../engines/lines.js'
import { startS3Server, type S3Server } from '../engines/s3-server.js'
import { startToxiproxy } from '../engines/toxiproxy.js'
import { s3Environment, type Environment } from '../uploads/s3-service.js'
import type { Figures } from './figures.js'
import { Instance } from './instance.js'
import type { Side } from './phases.js'
import { Watch } from './watch.js'
import { watchedLink } from './watched-link.js'

const INSTANCES = 3

/** An index that does not answer for a second is given up, and a set whose owner died is soon taken over. */
const IMPATIENCE: Environment = {
  NODE_NO_WARNINGS: '1', // whatever else is said on stderr is looked at
  LEPORELLO_INDEX_TIMEOUT_MS: '1000',
  LEPORELLO_TAKEOVER_MS: '6000',
  LEPORELLO_SHUTDOWN_GRACE_MS: '2000',
  LEPORELLO_UPLOAD_IDLE_MS: '2000'
}

export interface Site {
  readonly instances: readonly Instance[]
  readonly engine: Engine
  readonly store: S3Server
  readonly bucket: string
  readonly watch: Watch
  /** What the command line needs to work on the same backends, past the proxies. */
  readonly env: Environment
  /** Past everything. */
  readonly index: DocumentIndex
}

/**
 * Several services over one engine and one S3 server, each with ways of its own to both and from its clients, on which
 * faults can be put. The services run.
 */
export async function openSite (t: Test, engineName: EngineName, graceMs: number, figures: Figures): Promise<Site> {
  const [engine, store, toxiproxy] = await Promise.all([startEngine(t, engineName), startS3Server(t, 'versitygw'), startToxiproxy(t, () => {
    figures.count('times toxiproxy was stuck and was started anew, which cut every way', 'in all')
  })])
  const bucket = await store.bucket()
  const watch = new Watch(figures)
  const common: Environment = {
    ...IMPATIENCE,
    LEPORELLO_PUBLIC_URL: 'http://leporello.test',
    LEPORELLO_SWEEP_GRACE_MS: String(graceMs),
    LEPORELLO_UPLOAD_TIMEOUT_MS: String(graceMs / 4),
    ...s3Environment(store, bucket)
  }
  const ports: Record<Side, number> = { index: portOf(engine.url), store: portOf(store.endpoint) }
  const instances: Instance[] = []
  for (let n = 0; n < INSTANCES; n++) {
    const name = `instance-${n}`
    const port = await freePort()
    const [index, images, front] = await Promise.all([
      toxiproxy.proxy(`${name}-index`, ports.index), toxiproxy.proxy(`${name}-store`, ports.store), toxiproxy.proxy(`${name}-front`, port)
    ])
    const link = async (side: Side, port: number) =>
      `http://127.0.0.1:${await watchedLink(t, port, bytes => watch.sees(instance, side, bytes))}`
    const [indexUrl, endpoint] = [await link('index', index.port), await link('store', images.port)]
    const env = {
      ...common,
      LEPORELLO_PORT: String(port),
      LEPORELLO_DATA_DIR: await temporaryFolder(t),
      LEPORELLO_INDEX_URL: indexUrl,
      LEPORELLO_S3_ENDPOINT: endpoint,
      LEPORELLO_SWEEP_INTERVAL_MS: '1500'
    }
    const instance: Instance = new Instance(t, { name, env, proxies: { index, store: images }, front }, figures)
    instances.push(instance)
  }
  await Promise.all(instances.map(each => each.start()))
  await registerJob(instances[0]!)
  const index = new SearchDocumentIndex({ nodes: [engine.url], timeoutMs: 10_000 })
  t.teardown(() => index.close())
  return { instances, engine, store, bucket, watch, index, env: { ...common, LEPORELLO_INDEX_URL: engine.url } }
}

/** No sweep goes on where a site has no index of job specifications; an engine's first writes take their time. */
async function registerJob ({ directUrl }: Instance): Promise<void> {
  const spec = JSON.stringify({ id: 'job-chaos:1', container: 'container-elsewhere:1' })
  while (!(await fetch(`${directUrl}/job_spec/add`, { method: 'POST', body: new URLSearchParams({ spec }) })).ok) await setTimeout(50)
}

/** All keys in the bucket, and `unfinished <key>` for what was not put whole. */
export async function contentsOf ({ store: { client }, bucket: Bucket }: Site): Promise<string[]> {
  const keys: string[] = []
  for (let token: string | undefined, more = true; more;) {
    const { Contents = [], NextContinuationToken } = await client.send(new ListObjectsV2Command({ Bucket, ContinuationToken: token }))
    keys.push(...Contents.map(({ Key = '' }) => Key))
    token = NextContinuationToken
    more = token !== undefined
  }
  const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket }))
  return [...keys, ...Uploads.map(({ Key }) => `unfinished ${Key}`)]
}

function portOf (url: string): number {
  return Number(new URL(url).port)
}
