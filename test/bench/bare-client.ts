import { Client as ElasticsearchClient } from '@elastic/elasticsearch'
import { Client as OpenSearchClient } from '@opensearch-project/opensearch'
import type { EngineName } from '../engines/lines.js'

/** The yardstick: an engine's official client with nothing around it. */
export interface BareClient {
  get (id: string): Promise<unknown>
  write (id: string, document: object): Promise<unknown>
  close (): Promise<void>
}

const index = 'bare'

export function bareClient (engine: EngineName, node: string): BareClient {
  if (engine === 'elasticsearch-8' || engine === 'elasticsearch-9') {
    const client = new ElasticsearchClient({ node })
    return {
      get: id => client.get({ index, id }),
      write: (id, document) => client.index({ index, id, document }),
      close: () => client.close()
    }
  }
  const client = new OpenSearchClient({ node })
  return {
    get: id => client.get({ index, id }),
    write: (id, body) => client.index({ index, id, body }),
    close: () => client.close()
  }
}
