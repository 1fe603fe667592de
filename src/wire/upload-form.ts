import type { Readable } from 'node:stream'
import { parseArchitecture, type Architecture } from '../domain/architecture.js'
import { LeporelloError } from '../errors.js'
import { nameRefusal } from './field-name.js'

/** A part of a form as it is read: a field with its text, or a file that is still arriving. */
export type FormPart =
  | { readonly type: 'field', readonly fieldname: string | undefined, readonly value: unknown, readonly valueTruncated: boolean }
  | { readonly type: 'file', readonly fieldname: string | undefined, readonly file: Readable }

/** A file of an upload's form. */
export interface FormTarball {
  /** Undefined: the image is to tell. */
  readonly architecture: Architecture | undefined
  readonly body: Readable
}

export interface UploadForm {
  /** Those that came before the first file. */
  readonly fields: ReadonlyMap<string, string>
  /** In the order in which they come; each is to be read before the next. */
  readonly tarballs: AsyncGenerator<FormTarball>
}

/** What the parser says of a form that ends before its last boundary, also as an error of the file that it cuts off. */
const CUT_OFF = /unexpected end of multipart data/i

/** Of a part whose architecture the image is to tell. */
const UNNAMED = 'tarball'

const MOST_FIELDS = 100

/** For the parser. It leaves fields that are too many out before it says so, and hands files over meanwhile; one more is told at once. */
export const FORM_LIMITS = { fields: MOST_FIELDS + 1, fieldSize: 64 * 1024, files: 100, parts: 200 } as const

const LIMIT_MESSAGES: Readonly<Record<string, string>> = {
  FST_FILES_LIMIT: `the form has more than ${FORM_LIMITS.files} files`,
  FST_PARTS_LIMIT: `the form has more than ${FORM_LIMITS.parts} parts`
}

/** Reads the fields up to the first file; whatever waits for the client ends when `signal` is aborted. */
export async function readUploadForm (parts: AsyncIterator<FormPart>, signal: AbortSignal): Promise<UploadForm> {
  const fields = new Map<string, string>()
  const next = () => understood(abortable(parts.next(), signal))
  for (let read = 0; ; read++) {
    const { value: part, done } = await next()
    if (done === true || part.type === 'file') return { fields, tarballs: tarballs(done === true ? undefined : part, next) }
    if (read === MOST_FIELDS) throw new LeporelloError('TOO_LARGE', `the form has more than ${MOST_FIELDS} fields`)
    const refusal = nameRefusal(part.fieldname)
    if (refusal !== undefined) throw refusal
    if (part.valueTruncated) {
      throw new LeporelloError('TOO_LARGE', `the field ${part.fieldname} is longer than ${FORM_LIMITS.fieldSize} bytes`)
    }
    if (part.fieldname !== undefined && !fields.has(part.fieldname)) fields.set(part.fieldname, textOf(part.value))
  }
}

async function * tarballs (
  first: FormPart | undefined, next: () => Promise<IteratorResult<FormPart, unknown>>
): AsyncGenerator<FormTarball> {
  for (let part = first; part !== undefined;) {
    if (part.type !== 'file') throw late(part.fieldname ?? '')
    const { fieldname, file } = part
    yield { architecture: fieldname === UNNAMED ? undefined : parseArchitecture(fieldname ?? ''), body: file }
    const step = await next()
    part = step.done === true ? undefined : step.value as FormPart
  }
}

function late (field: string): LeporelloError {
  return new LeporelloError('PARAMETER_INVALID', `the field ${field} comes after a file; fields must come before the first`,
    { details: { parameter: field } })
}

/** The parser takes a field that says it is JSON for what it says. */
function textOf (value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

async function understood<T> (reading: Promise<T>): Promise<T> {
  try {
    return await reading
  } catch (error) {
    if (error instanceof LeporelloError) throw error
    const { statusCode, message, code } = error as { statusCode?: number, message: string, code?: string }
    // A client that left is no matter of what it sent.
    if (code === 'FST_PREMATURE_CLOSE' || code === 'ERR_STREAM_PREMATURE_CLOSE') throw error
    const limit = LIMIT_MESSAGES[code ?? '']
    if (limit !== undefined) throw new LeporelloError('TOO_LARGE', limit)
    throw notUnderstood(message, statusCode === 413 ? 'TOO_LARGE' : undefined)
  }
}

/** What reading a file of a form has failed with, in words for the client where the form was to blame. */
export function fileError (error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof LeporelloError || !CUT_OFF.test(error.message)) return error
  return notUnderstood(error.message)
}

function notUnderstood (message: string, code: 'TOO_LARGE' | 'BODY_NOT_UNDERSTOOD' = 'BODY_NOT_UNDERSTOOD'): LeporelloError {
  return new LeporelloError(code, `the form cannot be read: ${message}`)
}

async function abortable<T> (work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted()
  let abort: () => void = () => {}
  const aborted = new Promise<never>((_resolve, reject) => {
    abort = () => { reject(signal.reason) }
    signal.addEventListener('abort', abort, { once: true })
  })
  return await Promise.race([work, aborted]).finally(() => { signal.removeEventListener('abort', abort) })
}
