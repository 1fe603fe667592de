import { LeporelloError } from '../errors.js'
import type { EntityTag } from './entity-tag.js'
import { quoted } from './quoted.js'

type Tags = '*' | readonly string[]

// A tag as our ETag is, with what nginx (`W/`) and Apache (`-gzip`) make of it when they compress.
const TAG = /(?:W\/)?"([^"]*?)(?:-gzip)?"/g

// RFC 9110, 5.6.1: empty elements of a list are passed over.
const LIST = /^[ \t,]*(?:W\/)?"[^"]*"(?:[ \t]*,[ \t,]*(?:W\/)?"[^"]*")*[ \t,]*$/

/** What a client demands of the document that it changes: HTTP's `If-Match` and `If-None-Match`. */
export class Precondition {
  static readonly none = new Precondition(undefined, undefined)

  readonly #match: Tags | undefined
  readonly #noneMatch: Tags | undefined

  private constructor (match: Tags | undefined, noneMatch: Tags | undefined) {
    this.#match = match
    this.#noneMatch = noneMatch
  }

  /** @throws LeporelloError `PARAMETER_INVALID` when a header is neither `*` nor a list of quoted tags. */
  static of (headers: { readonly 'if-match'?: string | undefined, readonly 'if-none-match'?: string | undefined }): Precondition {
    const match = parseTags('If-Match', headers['if-match'])
    const noneMatch = parseTags('If-None-Match', headers['if-none-match'])
    return match === undefined && noneMatch === undefined ? Precondition.none : new Precondition(match, noneMatch)
  }

  /**
   * `current` gives the tag of the document as it is, undefined when there is none.
   * @throws LeporelloError `PRECONDITION_FAILED` with the present ETag.
   */
  check (id: string, current: () => EntityTag | undefined): void {
    if (this.#match === undefined && this.#noneMatch === undefined) return
    const tag = current()
    if (this.#match !== undefined && !covers(this.#match, tag)) {
      throw failed(tag, tag === undefined
        ? `there is no ${id} that If-Match could match`
        : `${id} is not what If-Match names: somebody changed it; read it again`)
    }
    if (this.#noneMatch !== undefined && covers(this.#noneMatch, tag)) {
      throw failed(tag, this.#noneMatch === '*'
        ? `${id} is there already, and If-None-Match asked that it is not`
        : `${id} is what If-None-Match names, and asked that it is not`)
    }
  }
}

function covers (tags: Tags, tag: EntityTag | undefined): boolean {
  return tag !== undefined && (tags === '*' || tags.includes(tag))
}

function parseTags (header: string, text: string | undefined): Tags | undefined {
  if (text === undefined) return undefined
  if (text.trim() === '*') return '*'
  if (LIST.test(text)) return Array.from(text.matchAll(TAG), ([, tag = '']) => tag)
  throw new LeporelloError('PARAMETER_INVALID',
    `${header} must be * or ETags in double quotes, not ${quoted(text)}`, { details: { parameter: header } })
}

function failed (tag: EntityTag | undefined, message: string): LeporelloError {
  return new LeporelloError('PRECONDITION_FAILED', message, { details: { etag: tag === undefined ? null : `"${tag}"` } })
}
