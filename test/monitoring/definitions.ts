import type { Test } from 'tap'
import { Metrics } from '../../src/metrics/metrics.js'
import { testApp } from '../app.js'

export interface Definition {
  readonly name: string
  readonly help: string
  readonly type: string
  readonly labelNames: readonly string[]
}

let ofProcess: readonly Definition[] | undefined

/** Every metric of a service that keeps its tarballs in S3, which has all there are, and those of its process. */
export async function definitions (t: Test): Promise<readonly Definition[]> {
  const app = await testApp(t, { env: { LEPORELLO_STORE: 's3://bucket', LEPORELLO_S3_ENDPOINT: 'http://127.0.0.1:9' } })
  ofProcess ??= definedIn(new Metrics({ ofProcess: true })).filter(({ name }) => !name.startsWith('leporello_'))
  return [...definedIn(app.metrics), ...ofProcess].sort((a, b) => a.name < b.name ? -1 : 1)
}

function definedIn ({ registry }: Metrics): Definition[] {
  return registry.getMetricsAsArray() as unknown as Definition[]
}
