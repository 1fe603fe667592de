import { EmbeddedDocumentIndex } from '../../src/adapters/embedded/document-index.js'
import { gathered } from '../contracts/bytes.js'

/** The ids of all containers, as the service lists them. */
export async function containersOf (service: string): Promise<string[]> {
  const { result } = await (await fetch(`${service}/container/list`)).json() as { result: string[] }
  return result
}

/** The uploads that an embedded catalogue has a record of; a service may have it open. */
export async function uploadRecordsIn (folder: string): Promise<string[]> {
  const index = await EmbeddedDocumentIndex.open({ folder })
  try {
    return (await gathered(index.ids('meta'))).filter(id => id.startsWith('upload:'))
  } finally {
    await index.close()
  }
}
