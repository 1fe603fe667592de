import { constants, createReadStream } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { Failure, reasonOf } from './failure.js'
import type { MetRequest } from './request.js'

const CHUNK_BYTES = 256 * 1024

/** A file that is there and can be read. */
export interface Tarball {
  readonly architecture: 'amd64' | 'arm64'
  readonly path: string
  readonly name: string
  readonly size: number
}

/**
 * Looks at all files before anything is sent.
 *
 * @throws Failure about the first one that cannot be sent, or when there is none: what container-met.py then registers
 * has no image, and makes workers load their whole cache folder.
 */
export async function checkTarballs ({ product, productArm64 }: MetRequest): Promise<Tarball[]> {
  const tarballs: Tarball[] = []
  if (product !== '') tarballs.push(await check('amd64', product))
  if (productArm64 !== '') tarballs.push(await check('arm64', productArm64))
  const [first, second] = tarballs
  if (first === undefined) throw new Failure('neither product nor product_arm64 names a tarball; nothing was sent')
  if (first.name === second?.name) {
    throw new Failure(`both tarballs are named ${first.name}, and one would be stored over the other; nothing was sent. Rename one of them`)
  }
  return tarballs
}

/** Its bytes; fails at the end, which is then never sent, unless they are as many as there were. */
export async function * contentOf ({ path, size }: Tarball): AsyncGenerator<Buffer> {
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES })
  let [read, failure] = [0, undefined as Error | undefined]
  file.once('error', error => { failure = error })
  try {
    for await (const chunk of file as AsyncIterable<Buffer>) {
      read += chunk.length
      if (read > size) break
      yield chunk
    }
  } catch (error) {
    throw error === failure ? new Failure(`${path} cannot be read (${reasonOf(error)})`, error) : error
  }
  if (read !== size) throw new Failure(`${path} changed while it was read; start again when it is complete`)
}

async function check (architecture: Tarball['architecture'], path: string): Promise<Tarball> {
  const unusable = (reason: string) => new Failure(`the tarball for ${architecture}, ${path}, ${reason}; nothing was sent`)
  try {
    const found = await stat(path)
    if (!found.isFile()) throw unusable('is no file')
    if (found.size === 0) throw unusable('is empty')
    await access(path, constants.R_OK)
    return { architecture, path, name: basename(path), size: found.size }
  } catch (error) {
    if (error instanceof Failure) throw error
    throw (error as NodeJS.ErrnoException).code === 'ENOENT'
      ? unusable('is not there')
      : unusable(`cannot be read (${reasonOf(error)})`)
  }
}
