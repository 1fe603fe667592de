import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'

/**
 * Where the fields of a meta page stand, in bytes from the page's start: `MDB_page_header` and `MDB_meta` in the mdb.c
 * that lmdb 3 brings, on 64-bit little-endian machines.
 */
const FIELD = { magic: 24, pageSize: 48, freeRoot: 88, mainRoot: 136, transaction: 152, end: 160 } as const

const MAGIC = 0xbeefc0de
const MAX_PAGE_SIZE = 65_536
const NO_PAGE = 2n ** 64n - 1n

/**
 * Rejects with what is wrong with the file, unless it is missing, empty, or begins as LMDB's files do.
 *
 * Without this lmdb ends the process: by a bad memory access, when it is given any other file or one that was cut off.
 * It does not find all damage: a file cut off behind its root pages is not told from a whole one, since LMDB does not
 * write free pages at the end of a file.
 */
export async function checkHeader (path: string): Promise<void> {
  const file = await openIfThere(path)
  try {
    if (file !== undefined) await checkMetaPages(file)
  } finally {
    await file?.close()
  }
}

async function openIfThere (path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

async function checkMetaPages (file: FileHandle): Promise<void> {
  if ((await file.stat()).size === 0) return
  const first = await metaPage(file, 0)
  const pageSize = first.readUInt32LE(FIELD.pageSize)
  if (pageSize === 0 || pageSize > MAX_PAGE_SIZE) throw new Error('its page size is damaged')
  const second = await metaPage(file, pageSize)
  const current = transactionOf(first) > transactionOf(second) ? first : second
  // Asked for after the meta pages were read: another process may be writing, and it writes these last.
  const { size } = await file.stat()
  for (const field of [FIELD.freeRoot, FIELD.mainRoot]) {
    const root = current.readBigUInt64LE(field)
    if (root !== NO_PAGE && (root + 1n) * BigInt(pageSize) > size) throw new Error('the file is cut off')
  }
}

async function metaPage (file: FileHandle, position: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(FIELD.end), 0, FIELD.end, position)
  if (bytesRead < FIELD.end || buffer.readUInt32LE(FIELD.magic) !== MAGIC) throw new Error('it is not an LMDB file')
  return buffer
}

function transactionOf (meta: Buffer): bigint {
  return meta.readBigUInt64LE(FIELD.transaction)
}
