import type { Test } from 'tap'
import t from 'tap'
import { EmbeddedDocumentIndex } from '../../../src/adapters/embedded/document-index.js'
import { changeLogContract } from '../../contracts/change-log.js'
import { RemoteDocumentIndex } from './remote-index.js'

async function open (t: Test, folder: string): Promise<EmbeddedDocumentIndex> {
  const index = await EmbeddedDocumentIndex.open({ folder })
  t.teardown(() => index.close())
  return index
}

t.test('the contract', async t => {
  changeLogContract(t, async t => {
    const folder = t.testdir()
    return { index: await open(t, folder), again: async () => await open(t, folder) }
  })
})

t.test('the contract over several processes', async t => {
  changeLogContract(t, async t => {
    const folder = t.testdir()
    return { index: await open(t, folder), again: async () => await RemoteDocumentIndex.open(t, folder) }
  })
})
