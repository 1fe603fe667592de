import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { open } from 'lmdb'
import type { Database, RootDatabase } from 'lmdb'
import { DOCUMENT_KINDS } from '../../ports/document-index.js'
import type { DocumentKind } from '../../ports/document-index.js'
import { checkHeader } from './header.js'
import { notOpened } from './refusals.js'

// lmdb exports the version of the library in it, but does not declare it.
declare module 'lmdb' {
  export const version: { readonly major: number, readonly minor: number, readonly patch: number }
}

/** JSON text under the bytes of an id. LMDB compares keys bytewise, which is the order that the port promises. */
export type Documents = Database<string, Buffer>

/** One LMDB environment, `catalogue.lmdb`, with a database for each kind of documents. */
export interface Environment {
  readonly path: string
  readonly root: RootDatabase
  readonly documents: Readonly<Record<DocumentKind, Documents>>
  /** What was changed: under kind, name and the number of the write, the time and what is told of it. */
  readonly changes: Database<string, Buffer>
  /** Holds the version of the environment's last write under `last`, and its format under `format`, from the second on. */
  readonly versions: Database<number, string>
}

/** Address space, neither memory nor disk; lmdb widens it when the file outgrows it. */
const MAP_SIZE = 2 ** 30

/** The newest layout of the file that this program understands. A file that names none has the first. */
const FORMAT = 1

/**
 * Opens `<folder>/catalogue.lmdb`, making what is missing. Rejects with `INDEX_UNAVAILABLE`, naming the file; also when
 * a later Leporello has given it a layout that this one does not know.
 */
export async function openEnvironment (folder: string): Promise<Environment> {
  const path = join(folder, 'catalogue.lmdb')
  try {
    await mkdir(folder, { recursive: true })
    await checkHeader(path)
    const root = openFile(path)
    const versions = root.openDB<number, string>('versions', { encoding: 'json' })
    await checkFormat(root, versions)
    return openDatabases(path, root, versions)
  } catch (error) {
    throw notOpened(path, error)
  }
}

function openFile (path: string): RootDatabase {
  return open({
    path,
    noSubdir: true,
    mapSize: MAP_SIZE,
    maxDbs: DOCUMENT_KINDS.length + 2,
    // A transaction is synced before anybody sees it, so nobody reads what a power cut can take back, and one that
    // cannot be synced never was. With overlapping sync lmdb would show it first and sync it afterwards.
    overlappingSync: false,
    // With it a failed transaction also rejects a promise inside lmdb that nobody can catch, which ends the process.
    eventTurnBatching: false
  })
}

function openDatabases (path: string, root: RootDatabase, versions: Environment['versions']): Environment {
  const documents = DOCUMENT_KINDS.map(kind =>
    [kind, root.openDB<string, Buffer>(kind, { encoding: 'string', keyEncoding: 'binary', useVersions: true })])
  const changes = root.openDB<string, Buffer>('history', { encoding: 'string', keyEncoding: 'binary' })
  return { path, root, documents: Object.fromEntries(documents) as Environment['documents'], changes, versions }
}

/** Before anything else is opened: to open a database that is not there makes it. */
async function checkFormat (root: RootDatabase, versions: Environment['versions']): Promise<void> {
  const format = versions.get('format') ?? 1
  if (format <= FORMAT) return
  await root.close()
  throw new Error(`a later Leporello wrote it in format ${format}, and this one knows formats up to ${FORMAT}: ` +
    'start that one, or bring its leporello export here with leporello import')
}
