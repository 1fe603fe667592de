import { execFile } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { machine } from 'node:os'
import { basename } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { createGunzip } from 'node:zlib'
import { parseArchitecture, type Architecture } from '../domain/architecture.js'
import { LoadError } from './load-error.js'

const execute = promisify(execFile)

/** In the order in which they are looked for. */
const PROGRAMS = ['docker', 'podman']
const ABSENT = /no such (image|object)|image not known|unable to find|failed to find image/i
const MOST_OUTPUT_BYTES = 16 * 2 ** 20

/** An image as an engine holds it. */
export interface HeldImage {
  /** `sha256:<hex>`: of the config, or of the manifest where containerd stores the images. */
  readonly id: string
  /** Go's name of it, without the variant. */
  readonly architecture: string
}

/** docker or podman, by its command. */
export class Engine {
  readonly program: string
  /** What it runs; containers are for this, whatever this process is. */
  readonly architecture: Architecture

  private constructor (program: string, architecture: Architecture) {
    this.program = program
    this.architecture = architecture
  }

  /** The engine that is named, or else the first that answers; rejects when there is none. */
  static async find (named?: string): Promise<Engine> {
    const reasons: string[] = []
    for (const program of named === undefined ? PROGRAMS : [named]) {
      try {
        return new Engine(program, await architectureOf(program))
      } catch (error) {
        reasons.push((error as Error).message)
      }
    }
    throw new LoadError(`no engine answers, to load an image into: ${reasons.join('; ')}`)
  }

  /** The image of that name or id, of several the first that there is; undefined when there is none. */
  async inspect (...references: readonly string[]): Promise<HeldImage | undefined> {
    if (references.length === 0) return undefined
    const lines = await this.#inspected(references)
    const [id, architecture = ''] = lines.split('\n', 1)[0]!.trim().split(' ')
    return id ? { id: normalised(id), architecture } : undefined
  }

  /** Debian's podman reads no docker archive that is gzipped, so it gets what is in it. */
  async load (file: string): Promise<void> {
    if (isPodman(this.program) && await isGzipped(file)) await run(this.program, ['load'], file)
    else await run(this.program, ['load', '--input', file])
  }

  async tag (id: string, name: string): Promise<void> {
    await run(this.program, ['tag', id, name])
  }

  /** Takes the name away, and the image with it unless it has another. */
  async remove (name: string): Promise<void> {
    await run(this.program, ['image', 'rm', name])
  }

  /** Engines describe those that there are, and then fail because of the others. */
  async #inspected (references: readonly string[]): Promise<string> {
    try {
      return await run(this.program, ['image', 'inspect', '--format', '{{.Id}} {{.Architecture}}', ...references])
    } catch (error) {
      if (error instanceof LoadError && ABSENT.test(error.message)) return (error.cause as { stdout?: string }).stdout ?? ''
      throw error
    }
  }
}

/** A digest as engines write it, with the algorithm they may leave out. */
export function normalised (digest: string): string {
  return /^[0-9a-f]{64}$/i.test(digest) ? `sha256:${digest.toLowerCase()}` : digest.toLowerCase()
}

async function architectureOf (program: string): Promise<Architecture> {
  const said = isPodman(program)
    ? await run(program, ['info', '--format', '{{.Host.Arch}}'])
    : await run(program, ['version', '--format', '{{.Server.Arch}}'])
  const name = said.trim()
  // Go has one name for all of arm; the machine says which.
  return parseArchitecture(name === 'arm' && machine().startsWith('arm') ? machine() : name)
}

function isPodman (program: string): boolean {
  return basename(program).includes('podman')
}

async function isGzipped (path: string): Promise<boolean> {
  const file = await open(path)
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(2), 0, 2, 0)
    return bytesRead === 2 && buffer.readUInt16BE() === 0x1f8b
  } finally {
    await file.close()
  }
}

/** Of `gzipped`, the program gets the content on its standard input. */
async function run (program: string, args: readonly string[], gzipped?: string): Promise<string> {
  try {
    const running = execute(program, args, { maxBuffer: MOST_OUTPUT_BYTES })
    if (gzipped === undefined) return (await running).stdout
    const feeding = pipeline(createReadStream(gzipped), createGunzip(), running.child.stdin!)
    // What the program says of a failure comes before that it reads no more.
    const [ran, fed] = await Promise.allSettled([running, feeding])
    if (ran.status === 'rejected') throw ran.reason
    if (fed.status === 'rejected') throw fed.reason
    return ran.value.stdout
  } catch (error) {
    const { code, stderr = '', message } = error as NodeJS.ErrnoException & { stderr?: string }
    if (code === 'ENOENT') throw new LoadError(`${program} is not installed`, 'failed', error)
    const last = stderr.trim().split('\n').at(-1) || message
    throw new LoadError(`${program} ${args[0]}: ${last}`, 'failed', error)
  }
}
