import type { Test } from 'tap'
import { SearchDocumentIndex } from '../../../src/adapters/search/document-index.js'
import type { IndexKind, SearchIndexOptions } from '../../../src/adapters/search/options.js'

let opened = 0

/** Names of the test's own, so that one engine serves many tests. */
export function ownIndices (): Record<IndexKind, string> {
  const number = ++opened
  return {
    container: `containers-${number}`,
    job_spec: `job_specs-${number}`,
    hysds_io: `hysds_ios-mozart-${number}`,
    sets: `leporello-sets-${number}`,
    meta: `leporello-meta-${number}`,
    history: `leporello-history-${number}`
  }
}

/** An index of the test's own on the engine at `url`, closed with the test. */
export function openIndex (
  t: Pick<Test, 'teardown'>, url: string, more: Partial<SearchIndexOptions> = {}
): SearchDocumentIndex {
  const index = new SearchDocumentIndex({ nodes: [url], timeoutMs: 5000, indices: ownIndices(), ...more })
  t.teardown(() => index.close())
  return index
}

/** A request to the engine itself, as curl would send it. */
export async function ask (
  url: string, method = 'GET', body?: object | string
): Promise<{ status: number, body: any }> {
  const answer = await fetch(url, {
    method,
    headers: { 'content-type': 'application/json' },
    ...body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }
  })
  return { status: answer.status, body: await answer.json() }
}
