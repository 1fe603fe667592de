import type { Test } from 'tap'
import type { DocumentIndex } from '../../src/ports/document-index.js'
import { clients } from './document-index/clients.js'
import { content } from './document-index/content.js'
import { ids } from './document-index/ids.js'
import { lifecycle } from './document-index/lifecycle.js'
import { paging } from './document-index/paging.js'
import { races } from './document-index/races.js'
import { writes } from './document-index/writes.js'

export interface DocumentIndexUnderTest {
  readonly index: DocumentIndex
  /** A second client of the same data, as another process would be. */
  again (): Promise<DocumentIndex>
}

/** Gives an empty index of the test's own and sees to it that whatever was opened is closed when the test ends. */
export type OpenDocumentIndex = (t: Test) => Promise<DocumentIndexUnderTest>

/** What every `DocumentIndex` promises. What is special about one adapter belongs in that adapter's own test. */
export function documentIndexContract (t: Test, open: OpenDocumentIndex): void {
  for (const chapter of [writes, content, ids, paging, races, clients, lifecycle]) chapter(t, open)
}
