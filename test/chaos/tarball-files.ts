import { createHash } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Random } from '../random.js'
import { tarballOf } from '../uploads/tarballs.js'
import type { Architecture, Token } from './changes.js'

/** Most are small; the others take several parts. */
const MEBIBYTES = [0, 0, 0, 0, 6, 11]

export interface TarballFile {
  readonly architecture: Architecture
  readonly source: string
  readonly token: Token
}

/** Tarballs as clients have them on their disks, each with bytes of its own. */
export class TarballFiles {
  readonly #folder: string
  readonly #random: Random
  #made = 0

  constructor (folder: string, random: Random) {
    this.#folder = folder
    this.#random = random
  }

  async make (name: string, architecture: Architecture): Promise<TarballFile> {
    const bytes = tarballOf(name, { architecture, mebibytes: this.#random.pick(MEBIBYTES) })
    const source = join(this.#folder, `${++this.#made}.tar`)
    await writeFile(source, bytes)
    return { architecture, source, token: createHash('sha256').update(bytes).digest('hex') }
  }

  async remove (files: readonly TarballFile[]): Promise<void> {
    await Promise.all(files.map(({ source }) => rm(source)))
  }
}
