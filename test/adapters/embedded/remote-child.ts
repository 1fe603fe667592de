import { EmbeddedDocumentIndex } from '../../../src/adapters/embedded/document-index.js'
import type { DocumentKind, PageOptions } from '../../../src/ports/document-index.js'
import { failureOf, unpacked } from './remote-messages.js'
import type { Answer, Call } from './remote-messages.js'

let index: EmbeddedDocumentIndex

/** The iterations that have begun and not been left, by the id of the call that began them. */
const iterations = new Map<number, AsyncIterator<unknown>>()

async function perform ({ id, method, args }: Call): Promise<unknown> {
  switch (method) {
    case 'open':
      index = await EmbeddedDocumentIndex.open({ folder: args[0] as string })
      return
    case 'ids':
    case 'documents':
      iterations.set(id, index[method](args[0] as DocumentKind, args[1] as PageOptions)[Symbol.asyncIterator]())
      return id
    case 'next':
      return await iterations.get(args[0] as number)?.next()
    case 'return':
      await iterations.get(args[0] as number)?.return?.()
      iterations.delete(args[0] as number)
      return
    case 'append':
    case 'page':
    case 'trim':
    case 'checkWrites':
      return await Reflect.apply(index.changes[method], index.changes, args.map(unpacked))
    default:
      return await Reflect.apply(index[method], index, args.map(unpacked))
  }
}

process.on('message', (call: Call) => {
  const answer = (answer: Answer): void => { process.send?.(answer) }
  perform(call).then(
    value => { answer({ id: call.id, value }) },
    error => { answer({ id: call.id, failure: failureOf(error) }) })
})
process.once('disconnect', () => process.exit())
