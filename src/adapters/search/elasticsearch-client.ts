import type { Readable } from 'node:stream'
import { Client, errors, Serializer } from '@elastic/elasticsearch'
import {
  noAnswer, OPAQUE_ID, textWithin, TooLarge, TooLate, type ClientOptions, type SearchAnswer, type SearchClient, type SearchRequest
} from './search-client.js'

/** Elasticsearch 9 speaks to clients of version 8 when they say so. */
const JSON_TYPE = 'application/vnd.elasticsearch+json; compatible-with=8'
const LINES_TYPE = 'application/vnd.elasticsearch+x-ndjson; compatible-with=8'

const GRACE_MS = 100

/** The client's own parser rounds numbers; answers stay text. */
class Text extends Serializer {
  override deserialize<T>(json: string): T {
    return json as T
  }
}

/** Elasticsearch 8 and later, through its official client. It does not retry, nor look for other nodes. */
export class ElasticsearchClient implements SearchClient {
  readonly #client: Client

  constructor ({ nodes, timeoutMs, auth, tls }: ClientOptions) {
    this.#client = new Client({
      nodes: nodes.map(url => url.href),
      tls,
      Serializer: Text,
      maxRetries: 0,
      requestTimeout: timeoutMs + 1000, // ours comes first
      headers: OPAQUE_ID,
      ...auth && { auth }
    })
  }

  async send (request: SearchRequest, milliseconds: number): Promise<SearchAnswer> {
    const { method, path, query = '', body, lines, mostBytes } = request
    // The client's own timeout tells its pool that the node is not well; the signal is for when it does not keep it.
    const requestTimeout = Math.max(1, Math.ceil(milliseconds))
    const signal = AbortSignal.timeout(requestTimeout + GRACE_MS)
    const headers = { accept: JSON_TYPE, ...body !== undefined && { 'content-type': lines ? LINES_TYPE : JSON_TYPE } }
    try {
      const params = { method, path, querystring: query, ...body !== undefined && { body } }
      const { statusCode: status, body: answer } = await this.#client.transport.request<string | Readable>(
        params, { meta: true, headers, signal, requestTimeout, asStream: mostBytes !== undefined })
      return { status, text: typeof answer === 'string' ? answer : await textWithin(answer, mostBytes) }
    } catch (error) {
      if (error instanceof errors.ResponseError) {
        return { status: error.meta.statusCode ?? 0, text: String(error.meta.body) }
      }
      if (error instanceof TooLarge) throw error
      if (signal.aborted || error instanceof errors.TimeoutError) throw new TooLate(milliseconds, error)
      throw noAnswer(error)
    }
  }

  async close (): Promise<void> {
    await this.#client.close()
  }
}
