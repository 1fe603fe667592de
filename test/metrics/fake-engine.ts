import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Test } from 'tap'

export interface FakeEngine {
  readonly url: string
  readonly seen: readonly IncomingMessage[]
  /** Answers in the engine's stead; set it to make something go wrong. */
  answer: (request: IncomingMessage, body: string, response: ServerResponse) => void
}

/** What speaks like a search engine that has no documents and takes every write; it ends with the test. */
export async function startFakeEngine (t: Test): Promise<FakeEngine> {
  const seen: IncomingMessage[] = []
  const engine = { seen, answer: answerAsEngine, url: '' }
  const server = createServer(async (request, response) => {
    seen.push(request)
    const body = await text(request).catch(() => '')
    response.setHeader('x-elastic-product', 'Elasticsearch')
    response.setHeader('content-type', 'application/json')
    engine.answer(request, body, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  engine.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return engine
}

function answerAsEngine ({ url = '' }: IncomingMessage, body: string, response: ServerResponse): void {
  const [path = ''] = url.split('?')
  if (path.endsWith('/_mget')) {
    const { ids } = JSON.parse(body) as { ids: string[] }
    response.end(JSON.stringify({ docs: ids.map(_id => ({ _id, found: false })) }))
  } else if (path.endsWith('/_bulk')) {
    const lines = body.trim().split('\n').filter((_line, at) => at % 2 === 0)
    response.end(JSON.stringify({ errors: false, items: lines.map((_line, at) => ({ create: { status: 201, _seq_no: at, _primary_term: 1 } })) }))
  } else if (path.includes('/_doc/')) {
    response.writeHead(404).end('{"found": false}')
  } else {
    response.end('{"hits": {"hits": []}, "_shards": {"failed": 0}}')
  }
}
