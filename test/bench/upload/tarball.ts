import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip, gzipSync } from 'node:zlib'
import { digest, hex, manifestJson } from '../../image/support/sample-image.js'
import { END, entry, tar } from '../../image/support/tar-writer.js'

/** The container that the image is tagged as. */
export const NAME = 'container-bench:1'

const MIB = 1024 * 1024
/** Libraries, what npm installed, programs, and what is compressed already: together they compress as images do. */
const ROOTS = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', 'node_modules', '/usr/lib', '/usr/share']
const LARGEST_FILE = 32 * MIB
const LAYER_BYTES = 300 * MIB

interface Layer {
  readonly size: number
  readonly diffId: string
}

/** An image of this machine's files, kept in the folder for temporary files between runs. */
export interface Tarball {
  /** As `docker save | gzip` writes it. */
  readonly path: string
  readonly bytes: number
  readonly decompressedBytes: number
  /** Its first layer once more, compressed by itself: what larger images are made of. */
  readonly layerPath: string
  readonly layer: Layer
}

/** The tarball of at least so many MiB; the first time it takes about a minute to make for each GiB. */
export async function tarballOf (mebibytes: number): Promise<Tarball> {
  const folder = join(tmpdir(), 'leporello-bench-upload')
  const about = join(folder, `image-${mebibytes}.json`)
  try {
    return JSON.parse(await readFile(about, 'utf8')) as Tarball
  } catch {
    await mkdir(folder, { recursive: true })
    const tarball = await make(join(folder, `image-${mebibytes}.tar.gz`), mebibytes * MIB)
    await writeFile(`${about}.new`, JSON.stringify(tarball))
    await rename(`${about}.new`, about)
    return tarball
  }
}

/** An image of at least so many bytes as it is read, of members of gzip: the tarball's layer over and over. */
export async function * imageOf ({ layerPath, layer }: Tarball, bytes: number): AsyncGenerator<Buffer> {
  let layers = 0
  for (let sent = 0; sent < bytes; layers++) {
    yield gzipSync(headerOf(layers, layer))
    for await (const chunk of createReadStream(layerPath, { highWaterMark: MIB })) {
      sent += (chunk as Buffer).length
      yield chunk as Buffer
    }
  }
  yield gzipSync(closing(Array.from({ length: layers }, () => layer)))
}

async function make (path: string, bytes: number): Promise<Tarball> {
  const layerPath = path.replace('image', 'layer')
  const target = createWriteStream(path)
  const gzip = createGzip({ chunkSize: MIB })
  const written = pipeline(gzip, target)
  const write = async (chunk: Buffer) => { if (!gzip.write(chunk)) await once(gzip, 'drain') }
  const layers: Layer[] = []
  const files = filesOfMachine()
  while (target.bytesWritten < bytes) {
    const chunks = await layerChunks(files, Math.min(LAYER_BYTES, bytes / 2))
    const layer = layerOf(chunks)
    if (layers.length === 0) await pipeline(chunks, createGzip({ chunkSize: MIB }), createWriteStream(layerPath))
    await write(headerOf(layers.length, layer))
    for (const chunk of chunks) await write(chunk)
    layers.push(layer)
  }
  gzip.end(closing(layers))
  const decompressedBytes = layers.reduce((sum, { size }) => sum + size, 0)
  await written
  return { path, bytes: (await stat(path)).size, decompressedBytes, layerPath, layer: layers[0]! }
}

function headerOf (n: number, { size }: Layer): Buffer {
  return entry({ name: `${hex(String(n))}/layer.tar`, size })
}

function layerOf (chunks: readonly Buffer[]): Layer {
  const hash = createHash('sha256')
  for (const chunk of chunks) hash.update(chunk)
  return { size: chunks.reduce((sum, { length }) => sum + length, 0), diffId: `sha256:${hash.digest('hex')}` }
}

/** What follows the layers. */
function closing (layers: readonly Layer[]): Buffer {
  const config = Buffer.from(JSON.stringify({
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) }
  }))
  const name = `${digest(config).slice('sha256:'.length)}.json`
  return tar([{ name, content: config }, manifestJson([{
    Config: name, RepoTags: [NAME], Layers: layers.map((_, n) => `${hex(String(n))}/layer.tar`)
  }])])
}

async function layerChunks (files: AsyncGenerator<Buffer>, bytes: number): Promise<Buffer[]> {
  const chunks: Buffer[] = []
  for (let size = 0; size < bytes;) {
    const content = (await files.next()).value as Buffer
    const chunk = entry({ name: `usr/lib/file-${chunks.length}`, content })
    size += chunk.length
    chunks.push(chunk)
  }
  return [...chunks, END]
}

/** Their contents, one of each root in turn, from the first again after the last. */
async function * filesOfMachine (): AsyncGenerator<Buffer> {
  const walks = ROOTS.map(filesBelow)
  for (;;) {
    for (const [n, root] of ROOTS.entries()) {
      const { value, done } = await walks[n]!.next()
      if (done !== true) yield value
      else walks[n] = filesBelow(root)
    }
  }
}

async function * filesBelow (folder: string): AsyncGenerator<Buffer> {
  for (const found of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    const path = join(folder, found.name)
    if (found.isDirectory()) yield * filesBelow(path)
    if (!found.isFile()) continue
    const { size } = await stat(path)
    if (size > 0 && size <= LARGEST_FILE) yield await readFile(path)
  }
}
