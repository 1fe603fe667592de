import { createHash } from 'node:crypto'
import { LeporelloError } from '../errors.js'
import { ArchiveEntries } from './archive/archive-entries.js'
import { Archive } from './archive/archive.js'
import { MAGIC_BYTES, compressionOf, isSkippableFrame } from './compression/compression.js'
import type { Compression } from './compression/compression.js'
import { decompress } from './compression/decompressor.js'
import { factsOf } from './facts-of.js'
import type { ImageFacts } from './image-facts.js'
import type { ImageRequest } from './image-request.js'
import { Budget, DEFAULT_LIMITS } from './limits.js'
import { TarReader } from './tar/tar-reader.js'
import { ARCHIVE_RULES } from './tar/tar-rules.js'

/**
 * Reads an image tarball once, keeping nothing of it but its JSON documents, and proves what it is. A chunk is the
 * source's again when the next is asked for.
 *
 * @throws LeporelloError with a code that begins with `IMAGE_`, as soon as it is certain.
 */
export async function readImage (source: AsyncIterable<Buffer>, request: ImageRequest): Promise<ImageFacts> {
  const budget = new Budget({ ...DEFAULT_LIMITS, ...request.limits })
  const hash = createHash('sha256')
  const received = receive(source, chunk => {
    budget.receive(chunk.length)
    hash.update(chunk)
  })
  const { compression, isSkipping, chunks } = await sniff(received)
  const archive = new Archive(budget)
  const decompressedSize = await readArchive(decompress('The file', compression, chunks), archive, compression, budget)
  archive.verify()
  const file = { compression, sha256: hash.digest('hex'), size: budget.received, decompressedSize }
  return factsOf(archive, { ...file, isSkipping }, request)
}

async function readArchive (
  chunks: AsyncIterable<Buffer>, archive: Archive, compression: Compression, budget: Budget
): Promise<number> {
  const tar = new TarReader('The archive', ARCHIVE_RULES)
  const entries = new ArchiveEntries(archive, budget)
  let size = 0
  try {
    for await (const chunk of chunks) {
      size += chunk.length
      if (compression !== 'none') budget.decompress(chunk.length)
      for (const event of tar.read(chunk)) await entries.take(event)
    }
  } finally {
    entries.close()
  }
  tar.end()
  return size
}

async function * receive (
  source: AsyncIterable<Buffer>, onChunk: (chunk: Buffer) => void
): AsyncGenerator<Buffer, void, void> {
  for await (const chunk of source) {
    onChunk(chunk)
    yield chunk
  }
}

interface Sniffed {
  readonly compression: Compression
  /** Whether it begins with a frame of zstd that is skipped. */
  readonly isSkipping: boolean
  readonly chunks: AsyncIterable<Buffer>
}

async function sniff (source: AsyncGenerator<Buffer, void, void>): Promise<Sniffed> {
  let head = Buffer.alloc(0)
  while (head.length < MAGIC_BYTES) {
    const next = await source.next()
    if (next.done) break
    head = Buffer.concat([head, next.value])
  }
  if (head.length === 0) throw new LeporelloError('IMAGE_TRUNCATED', 'The file is empty')
  const compression = compressionOf(head)
  if (compression === 'bzip2' || compression === 'xz') {
    throw new LeporelloError('IMAGE_COMPRESSION_UNSUPPORTED',
      `The file is compressed with ${compression}; send it plain or compressed with gzip or zstd`)
  }
  return { compression, isSkipping: isSkippableFrame(head), chunks: prepend(head, source) }
}

async function * prepend (head: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, void> {
  yield head
  yield * rest
}
