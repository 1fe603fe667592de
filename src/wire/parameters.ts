import type { JsonKind } from '../domain/json-text.js'
import { LeporelloError } from '../errors.js'

/** One value as it was sent: text, or a member of a JSON body that is not a string. */
export interface ParameterValue {
  readonly text: string
  /** What the member is, when `text` is its JSON. */
  readonly json?: JsonKind
}

/** The parameters of a body, unless there is none or it cannot be read. */
export type BodyParameters = ReadonlyMap<string, ParameterValue> | 'none' | 'unreadable'

const NONE: ReadonlyMap<string, ParameterValue> = new Map()

/**
 * A request's parameters, looked up as Mozart does everywhere: in the body first, then in the query; a value in the
 * body wins even when it is empty. A body that cannot be read counts as none, but is remembered for the error code.
 */
export class Parameters {
  readonly #body: ReadonlyMap<string, ParameterValue>
  readonly #query: ReadonlyMap<string, string>
  readonly #unreadable: boolean

  constructor (query: ReadonlyMap<string, string>, body: BodyParameters) {
    this.#query = query
    this.#body = typeof body === 'string' ? NONE : body
    this.#unreadable = body === 'unreadable'
  }

  /** The value as text; undefined when it was not sent. Refuses JSON that is not a string. */
  text (name: string): string | undefined {
    const sent = this.#body.get(name)
    if (sent === undefined) return this.#query.get(name)
    if (sent.json !== undefined) {
      throw new LeporelloError('PARAMETER_INVALID', `${name} must be a string, not ${sent.json}`, { details: { parameter: name } })
    }
    return sent.text
  }

  /** The value of a parameter that holds JSON: sent as text, or as a value within a JSON body. */
  json (name: string): string | undefined {
    return this.#body.get(name)?.text ?? this.#query.get(name)
  }

  /** `text`, refusing an absent or empty value with `message`. */
  required (name: string, message: string): string {
    return this.text(name) || this.missing(message, name)
  }

  /** Refuses for want of a parameter; the code says whether a body was sent that could not be read. */
  missing (message: string, parameter?: string): never {
    const details = {
      ...parameter !== undefined && { parameter },
      ...this.#unreadable && { body: 'it is neither a form nor a JSON object, or not what its Content-Type says' }
    }
    throw new LeporelloError(this.#unreadable ? 'BODY_NOT_UNDERSTOOD' : 'PARAMETER_MISSING', message, { details })
  }
}
