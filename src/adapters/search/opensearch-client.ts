import type { ClientRequest, IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { Client, Connection, errors, Serializer } from '@opensearch-project/opensearch'
import {
  noAnswer, OPAQUE_ID, textWithin, TooLarge, TooLate, type ClientOptions, type SearchAnswer, type SearchClient, type SearchRequest
} from './search-client.js'

const GRACE_MS = 100

/** The client's own parser rounds numbers; answers stay text. */
class Text extends Serializer {
  override deserialize (json: string): string {
    return json
  }
}

type Answered = (error: Error | null, response: IncomingMessage | null) => void

/** Prints nothing: the client's own puts what goes wrong in the middle of an answer on standard output, too. */
class QuietConnection extends Connection {
  override request (params: Parameters<Connection['request']>[0], answered: Answered): ClientRequest {
    const request = super.request(params, (error, response) => {
      request.removeAllListeners('error').on('error', () => {})
      answered(error, response)
    })
    return request
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
      Connection: QuietConnection,
      maxRetries: 0,
      requestTimeout: timeoutMs + 1000, // ours comes first
      headers: OPAQUE_ID,
      resurrectStrategy: 'optimistic',
      ...auth && { auth }
    })
  }

  async send (asked: SearchRequest, milliseconds: number): Promise<SearchAnswer> {
    const { method, path, query = '', body, lines, mostBytes } = asked
    const headers = { ...body !== undefined && { 'content-type': lines ? 'application/x-ndjson' : 'application/json' } }
    // The client's own timeout tells its pool that the node is not well; the timer is for when it does not keep it.
    const requestTimeout = Math.max(1, Math.ceil(milliseconds))
    const params = { method, path, querystring: query, ...body !== undefined && { body } }
    const asStream = mostBytes !== undefined
    const request = this.#client.transport.request(params, { headers, requestTimeout, asStream })
    let late = false
    const timer = setTimeout(() => { late = true; request.abort() }, requestTimeout + GRACE_MS)
    try {
      const { statusCode, body: answer } = await request
      return { status: statusCode ?? 0, text: asStream ? await textWithin(answer as Readable, mostBytes) : String(answer) }
    } catch (error) {
      if (error instanceof errors.ResponseError) return { status: error.statusCode, text: String(error.body) }
      if (error instanceof TooLarge) throw error
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
