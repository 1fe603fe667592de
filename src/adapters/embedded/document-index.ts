import { setImmediate as nextTurn } from 'node:timers/promises'
import { version as lmdb } from 'lmdb'
import type { RangeOptions } from 'lmdb'
import type { Deadline } from '../../deadline.js'
import { ABSENT } from '../../ports/document-index.js'
import type { BackendHealth } from '../../ports/backend-health.js'
import type { ChangeLog } from '../../ports/change-log.js'
import type { DocumentIndex, DocumentKind, DocumentPageOptions, PageOptions, StoredDocument, Version, WriteOutcome } from '../../ports/document-index.js'
import { EmbeddedChangeLog } from './change-log.js'
import { openEnvironment } from './environment.js'
import type { Documents, Environment } from './environment.js'
import { closed, notFound, notRead } from './refusals.js'
import { transact } from './transaction.js'

const IDS_A_PAGE = 1000
const DOCUMENTS_A_PAGE = 100

/** A page of documents ends with the one that makes it larger than this. */
const CHARACTERS_A_PAGE = 8 * 2 ** 20

/**
 * Keeps the documents in an LMDB environment, the file `catalogue.lmdb` in a folder of this host.
 *
 * Several processes of one host may have the folder open at once. They coordinate by shared memory and file locks, so
 * the folder has to be on a local file system: NFS and other network file systems are unsupported.
 *
 * Versions are whole numbers that every write of the environment counts up, over all its processes and restarts.
 */
export class EmbeddedDocumentIndex implements DocumentIndex {
  readonly changes: ChangeLog
  readonly #environment: Environment
  readonly #inFlight = new Set<Promise<unknown>>()
  #closing: Promise<void> | undefined

  private constructor (environment: Environment) {
    this.#environment = environment
    this.changes = new EmbeddedChangeLog({
      read: read => this.#reading(() => read(environment.changes)),
      write: (deadline, write) => this.#transact(deadline, () => write(environment.changes))
    })
  }

  /** Opens the index in `folder`, which is made if missing. Rejects with `INDEX_UNAVAILABLE`, naming the file. */
  static async open ({ folder }: { readonly folder: string }): Promise<EmbeddedDocumentIndex> {
    return new EmbeddedDocumentIndex(await openEnvironment(folder))
  }

  async get (kind: DocumentKind, id: string): Promise<StoredDocument | undefined> {
    const entry = this.#read(kind, documents => documents.getEntry(Buffer.from(id)))
    return entry === undefined ? undefined : storedDocument(id, entry)
  }

  async put (
    kind: DocumentKind, id: string, json: string, expected: Version | typeof ABSENT, deadline: Deadline
  ): Promise<WriteOutcome> {
    const key = Buffer.from(id)
    return await this.#write(kind, key, expected, deadline, (documents, version) => documents.put(key, json, version))
  }

  async remove (kind: DocumentKind, id: string, expected: Version, deadline: Deadline): Promise<WriteOutcome> {
    const key = Buffer.from(id)
    return await this.#write(kind, key, expected, deadline, documents => documents.remove(key))
  }

  ids (kind: DocumentKind, { after, pageSize = IDS_A_PAGE }: PageOptions = {}): AsyncIterable<readonly string[]> {
    const pageOf = (range: RangeOptions): string[] =>
      this.#read(kind, documents => Array.from(documents.getKeys(range), key => key.toString()))
    return pages(pageOf, id => id, pageSize, after)
  }

  documents (
    kind: DocumentKind, { after, pageSize = DOCUMENTS_A_PAGE, openOnly = false }: DocumentPageOptions = {}
  ): AsyncIterable<readonly StoredDocument[]> {
    const pageOf = (range: RangeOptions): StoredDocument[] => this.#read(kind, documents => {
      const page: StoredDocument[] = []
      let characters = 0
      for (const entry of documents.getRange({ ...range, versions: true })) {
        page.push(storedDocument(entry.key.toString(), entry))
        if ((characters += entry.value.length) > CHARACTERS_A_PAGE) break
      }
      return page
    })
    const all = pages(pageOf, ({ id }) => id, pageSize, after)
    return openOnly ? onlyOpen(all) : all
  }

  async exists (): Promise<true> {
    this.#assertOpen()
    return true
  }

  foreignDocuments (name: string): AsyncIterable<never> {
    throw notFound(this.#environment.path, name)
  }

  async refresh (): Promise<void> {
    this.#assertOpen()
  }

  async health (): Promise<BackendHealth> {
    const what = { kind: 'embedded', version: `${lmdb.major}.${lmdb.minor}.${lmdb.patch}` }
    try {
      this.#read('container', documents => documents.doesExist(Buffer.from('any')))
      return { ...what, state: 'up' }
    } catch (error) {
      return { ...what, state: 'down', reason: (error as Error).message }
    }
  }

  /** Resolves when the writes in flight have ended and the file is closed. */
  async close (): Promise<void> {
    this.#closing ??= Promise.all(this.#inFlight).then(async () => { await this.#environment.root.close() })
    await this.#closing
  }

  #assertOpen (): void {
    if (this.#closing !== undefined) throw closed(this.#environment.path)
  }

  #read<Result> (kind: DocumentKind, read: (documents: Documents) => Result): Result {
    return this.#reading(() => read(this.#environment.documents[kind]))
  }

  #reading<Result> (read: () => Result): Result {
    this.#assertOpen()
    const { root, path } = this.#environment
    try {
      // lmdb keeps a snapshot for the rest of the turn of the event loop; another process may have written since.
      root.resetReadTxn()
      return read()
    } catch (error) {
      throw notRead(path, error)
    }
  }

  async #write (
    kind: DocumentKind, key: Buffer, expected: Version | typeof ABSENT, deadline: Deadline,
    apply: (documents: Documents, version: number) => unknown
  ): Promise<WriteOutcome> {
    // A conflict needs no write lock. And after a fatal error lmdb fails every read, but leaves writes unanswered.
    if (!this.#read(kind, documents => isAsExpected(documents, key, expected))) return { outcome: 'conflict' }
    const { documents, versions } = this.#environment
    return await this.#transact(deadline, () => {
      if (!isAsExpected(documents[kind], key, expected)) return { outcome: 'conflict' }
      const version = (versions.get('last') ?? 0) + 1
      versions.put('last', version)
      apply(documents[kind], version)
      return { outcome: 'written', version: versionOf(version) }
    })
  }

  async #transact (deadline: Deadline, write: () => WriteOutcome): Promise<WriteOutcome> {
    this.#assertOpen()
    const { outcome, settled } = transact(this.#environment, deadline, write)
    this.#inFlight.add(settled)
    settled.finally(() => { this.#inFlight.delete(settled) })
    return await outcome
  }
}

function isAsExpected (documents: Documents, key: Buffer, expected: Version | typeof ABSENT): boolean {
  return expected === ABSENT ? !documents.doesExist(key) : documents.doesExist(key, Number(expected))
}

function storedDocument (id: string, entry: { readonly value: string, readonly version?: number }): StoredDocument {
  return { id, json: entry.value, version: versionOf(entry.version) }
}

function versionOf (version: number | undefined): Version {
  return String(version) as Version
}

async function * onlyOpen (pages: AsyncIterable<readonly StoredDocument[]>): AsyncGenerator<readonly StoredDocument[]> {
  for await (const page of pages) {
    const open = page.filter(({ json }) => (JSON.parse(json) as { open?: unknown }).open === true)
    if (open.length > 0) yield open
  }
}

/** Page after page, each from a snapshot of its own, with a turn of the event loop for others in between. */
async function * pages<Item> (
  pageOf: (range: RangeOptions) => Item[], idOf: (item: Item) => string, pageSize: number, after: string | undefined
): AsyncGenerator<readonly Item[]> {
  for (let last = after; ;) {
    await nextTurn()
    const start = last === undefined ? {} : { start: Buffer.from(last), exclusiveStart: true }
    const page = pageOf({ ...start, limit: pageSize })
    const end = page.at(-1)
    if (end === undefined) return
    yield page
    last = idOf(end)
  }
}
