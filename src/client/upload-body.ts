import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { Readable } from 'node:stream'
import { FormDataEncoder, type FileLike, type FormDataLike } from 'form-data-encoder'
import type { NewUpload, Tarball, UploadProgress } from './requests.js'
import { StalledError } from './unreachable.js'

/** The part of a tarball whose architecture the image is to tell. */
const UNNAMED = 'tarball'

/** How long an answer may take after the last byte, in times of what anything else may: the store puts it together. */
const PATIENCE = 5
/** Beyond it a timer goes off at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

export interface UploadBody {
  readonly headers: Readonly<Record<string, string>>
  readonly body: Readable
  /** Aborted when nothing moves any more. */
  readonly signal: AbortSignal
  /** To be called when the answer is there, or nothing will come. */
  end (): void
}

/** The form for an upload, which is read from its files as it is sent. Rejects where a file cannot be read. */
export async function uploadBody (
  upload: NewUpload, timeoutMs: number, onProgress: (progress: UploadProgress) => void = () => {}
): Promise<UploadBody> {
  const files = await Promise.all(upload.tarballs.map(fileOf))
  const total = files.reduce((sum, { size }) => sum + size, 0)
  const watch = new Watch(Math.min(timeoutMs * PATIENCE, LONGEST_TIMER_MS))
  let sent = 0
  const progress = (bytes: number) => {
    watch.moved()
    sent += bytes
    onProgress({ sent, total: Number.isNaN(total) ? undefined : total })
  }
  const parts = files.map((file, at): [string, FileLike] => (
    [upload.tarballs[at]?.architecture ?? UNNAMED, { ...file, stream: () => counted(file.stream(), progress) }]))
  const encoder = new FormDataEncoder(formOf([...fieldsOf(upload), ...parts]))
  return {
    headers: { 'content-type': encoder.contentType, ...encoder.contentLength !== undefined && { 'content-length': encoder.contentLength } },
    body: Readable.from(encoder.encode(), { objectMode: false }),
    signal: watch.signal,
    end: () => { watch.end() }
  }
}

/** Whether a second reading would give something else, or wait for ever. */
export async function isReadOnce ({ tarballs }: NewUpload): Promise<boolean> {
  const once = await Promise.all(tarballs.map(async ({ source }) => typeof source !== 'string' || !(await stat(source)).isFile()))
  return once.includes(true)
}

function fieldsOf ({ name, version, digest, mode, verify, build, expect }: NewUpload): Array<[string, string]> {
  const fields = { name, version, digest, mode, verify, build, expect: expect?.join() }
  return Object.entries(fields).filter((entry): entry is [string, string] => entry[1] !== undefined)
}

type File = Omit<FileLike, 'stream'> & { stream (): AsyncIterable<Uint8Array> }

async function fileOf ({ source }: Tarball): Promise<File> {
  const common = { type: 'application/octet-stream', lastModified: 0, [Symbol.toStringTag]: 'File' }
  if (typeof source !== 'string') return { ...common, name: 'stdin', size: NaN, stream: () => source }
  const stats = await stat(source)
  // A pipe has a name and no size.
  const size = stats.isFile() ? stats.size : NaN
  return { ...common, name: basename(source), size, stream: () => createReadStream(source, { highWaterMark: 256 * 1024 }) }
}

async function * counted (chunks: AsyncIterable<Uint8Array>, progress: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    yield chunk
    progress(chunk.length)
  }
}

/** What the encoder wants to know of a form, without keeping what is in its files. */
function formOf (entries: ReadonlyArray<[string, string | FileLike]>): FormDataLike {
  return {
    [Symbol.toStringTag]: 'FormData',
    append () { throw new TypeError('the form is complete') },
    getAll: wanted => entries.filter(([name]) => name === wanted).map(([, value]) => value),
    entries: () => entries.values(),
    [Symbol.iterator]: () => entries.values()
  }
}

class Watch {
  readonly #controller = new AbortController()
  readonly #timer: NodeJS.Timeout

  constructor (milliseconds: number) {
    this.#timer = setTimeout(() => { this.#controller.abort(new StalledError(milliseconds)) }, milliseconds)
  }

  get signal (): AbortSignal {
    return this.#controller.signal
  }

  moved (): void {
    this.#timer.refresh()
  }

  end (): void {
    clearTimeout(this.#timer)
  }
}
