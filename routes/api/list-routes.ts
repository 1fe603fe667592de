import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { pythonJson } from '../../src/domain/python-json.js'
import type { Resource } from '../../src/domain/caller.js'
import { answers, documentId } from './schemas.js'

type Page = readonly string[]

export interface ListRoute {
  readonly kind: Resource
  readonly operationId: string
  readonly summary: string
}

/** `GET list`: all ids of a kind, sorted. More than a page is streamed; a failure after that cuts the connection. */
export function listRoute (fastify: FastifyInstance, { kind, operationId, summary }: ListRoute): void {
  fastify.get('/list', {
    schema: { operationId, summary, tags: [kind], response: answers({ type: 'array', items: documentId }) },
    config: { mozart: { hasResult: true } }
  }, async (request, reply) => {
    const pages = request.catalogue.ids(kind)
    const first = await pages.next()
    const second = first.done ? first : await pages.next()
    const begun = [first, second].flatMap(page => page.done ? [] : [page.value])
    if (second.done) return { success: true, message: '', result: begun.flat() }
    if (request.mask !== undefined) return { success: true, message: '', result: await rest(begun, pages) }
    return reply.type('application/json').send(Readable.from(print(begun, pages)))
  })
}

async function rest (begun: Page[], pages: AsyncIterable<Page>): Promise<string[]> {
  const ids = begun.flat()
  for await (const page of pages) ids.push(...page)
  return ids
}

async function * print (begun: Page[], pages: AsyncIterable<Page>): AsyncGenerator<string> {
  yield `{"success": true, "message": "", "result": [${begun.map(printPage).join(', ')}`
  for await (const page of pages) yield `, ${printPage(page)}`
  yield ']}\n'
}

/** The page's ids as they stand in a JSON list, without its brackets. */
function printPage (page: Page): string {
  return pythonJson(JSON.stringify(page)).slice(1, -1)
}
