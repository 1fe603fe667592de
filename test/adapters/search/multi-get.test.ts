import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { ample } from '../../contracts/document-index/helpers.js'
import { openIndex } from './helpers.js'

const MEBIBYTE = 2 ** 20

/** Stands in for an engine of more and larger documents than one can be filled with in a test; it only counts. */
async function startLibrary (t: Test, count: number, sizeOf: (id: string) => number) {
  const asked: number[] = []
  const padding = 'x'.repeat(9 * MEBIBYTE)
  const document = (id: string) => `{"_index":"c","_id":"${id}","_seq_no":1,"_primary_term":1,"found":true,"_source":` +
    `{"id":"${id}","x":"${padding.slice(0, sizeOf(id))}"}}`
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const send = (body: string) => response.writeHead(200, {
      'content-type': 'application/json', 'content-length': body.length, 'x-elastic-product': 'Elasticsearch'
    }).end(body)
    if (request.url?.includes('/_doc/')) return send(document(request.url.split('/_doc/')[1] as string))
    const { ids, search_after: after } = await json(request) as { ids?: string[], search_after?: [number] }
    if (ids === undefined) {
      const hits = after === undefined ? Array.from({ length: count }, (_, n) => ({ _id: `d-${n + 10_000}`, sort: [n] })) : []
      return send(JSON.stringify({ timed_out: false, _shards: { failed: 0 }, hits: { hits } }))
    }
    asked.push(ids.length)
    send(`{"docs":[${ids.map(document).join()}]}`)
  }
  const server = createServer((request, response) => { answer(request, response).catch(() => response.destroy()) })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

for (const kind of ['opensearch', 'elasticsearch'] as const) {
  t.test(`${kind}: documents of a mebibyte are read some megabytes at a time`, async t => {
    const { url, asked } = await startLibrary(t, 200, () => MEBIBYTE)
    const index = openIndex(t, url, { kind })
    let [count, largest] = [0, 0]
    for await (const page of index.documents('container')) {
      count += page.length
      largest = Math.max(largest, page.reduce((sum, { json }) => sum + json.length, 0))
    }
    t.equal(count, 200)
    t.ok(largest <= 8 * MEBIBYTE, `${largest} bytes`)
    t.ok(asked.filter(ids => ids > 8).length < 10, `too much is asked for only until that is known: ${asked.slice(0, 20)}`)
  })

  t.test(`${kind}: many that wait at once get their own documents, large and small`, async t => {
    const sizeOf = (id: string) => Number(id) % 3 === 0 ? MEBIBYTE : 10
    const { url, asked } = await startLibrary(t, 0, sizeOf)
    const index = openIndex(t, url, { kind })
    await Promise.all(Array.from({ length: 300 }, async (_, n) => {
      const document = await index.get('container', String(n), ample())
      if (document?.id !== String(n) || document.json.length < sizeOf(String(n))) t.fail(`${n} gets another's`)
    }))
    t.ok(asked.length > 10)
  })

  t.test(`${kind}: documents that fill an answer alone do not make those after them be read one by one`, async t => {
    const { url, asked } = await startLibrary(t, 5000, id => id < 'd-10010' ? 9 * MEBIBYTE : 10)
    const index = openIndex(t, url, { kind })
    let count = 0
    for await (const page of index.documents('container')) count += page.length
    t.equal(count, 5000)
    t.ok(asked.reduce((sum, ids) => sum + ids) > 4800, 'nearly all are asked for with others')
  })

  t.test(`${kind}: small documents are read many at a time`, async t => {
    const { url, asked } = await startLibrary(t, 5000, () => 10)
    const index = openIndex(t, url, { kind })
    let count = 0
    for await (const page of index.documents('container')) count += page.length
    t.equal(count, 5000)
    t.ok(asked.length < 30, `${asked.length} requests`)
  })
}
