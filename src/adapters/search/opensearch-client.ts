import { Client, errors, Serializer } from '@opensearch-project/opensearch'
import {
  noAnswer, TooLate, type ClientOptions, type SearchAnswer, type SearchClient, type SearchRequest
} from './search-client.js'

const GRACE_MS = 100

/** The client's own parser rounds numbers; answers stay text. */
class Text extends Serializer {
  override deserialize (json: string): string {
    return json
  }
}

/** OpenSearch and Elasticsearch 7, through OpenSearch's client. It does not retry, nor look for other nodes. */
export class OpenSearchClient implements SearchClient {
  readonly #client: Client

  constructor ({ nodes, timeoutMs, auth, tls }: ClientOptions) {
    this.#client = new Client({
      nodes: nodes.map(url => url.href),
      ssl: tls,
      Serializer: Text,
      maxRetries: 0,
      requestTimeout: timeoutMs + 1000, // ours comes first
      resurrectStrategy: 'optimistic',
      ...auth && { auth }
    })
  }

  async send ({ method, path, query = '', body, lines }: SearchRequest, milliseconds: number): Promise<SearchAnswer> {
    const headers = { ...body !== undefined && { 'content-type': lines ? 'application/x-ndjson' : 'application/json' } }
    // The client's own timeout tells its pool that the node is not well; the timer is for when it does not keep it.
    const requestTimeout = Math.max(1, Math.ceil(milliseconds))
    const request = this.#client.transport.request(
      { method, path, querystring: query, ...body !== undefined && { body } }, { headers, requestTimeout })
    let late = false
    const timer = setTimeout(() => { late = true; request.abort() }, requestTimeout + GRACE_MS)
    try {
      const { statusCode, body: text } = await request
      return { status: statusCode ?? 0, text: String(text) }
    } catch (error) {
      if (error instanceof errors.ResponseError) return { status: error.statusCode, text: String(error.body) }
      if (late || error instanceof errors.TimeoutError) throw new TooLate(milliseconds, error)
      throw noAnswer(error)
    } finally {
      clearTimeout(timer)
    }
  }

  async close (): Promise<void> {
    await this.#client.close()
  }
}
