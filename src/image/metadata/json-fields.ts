import { LeporelloError } from '../../errors.js'
import { quoted } from '../../domain/quoted.js'
import { within } from './within.js'

/**
 * The fields of a JSON object as Go programs see them, who read `Architecture` as `architecture` and the last of both:
 * asking for a field refuses the object if another spelling of its name is there. A null counts as absent.
 *
 * Refusals are `IMAGE_AMBIGUOUS` and `IMAGE_METADATA_INVALID`; sentences begin with `what`.
 */
export class JsonFields {
  readonly #object: Readonly<Record<string, unknown>>
  readonly #what: string
  /** Folded key to the spellings of it that are there. */
  readonly #spellings = new Map<string, Set<string>>()

  constructor (value: unknown, what: string) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new LeporelloError('IMAGE_METADATA_INVALID', `${what} is not an object`)
    }
    this.#object = value as Record<string, unknown>
    this.#what = what
    for (const key of Object.keys(value)) {
      const spellings = this.#spellings.get(folded(key))
      if (spellings === undefined) this.#spellings.set(folded(key), new Set([key]))
      else spellings.add(key)
    }
  }

  has (name: string): boolean {
    return this.#get(name) !== undefined
  }

  text (name: string): string {
    return this.optionalText(name) ?? this.#missing(name)
  }

  optionalText (name: string): string | undefined {
    const value = this.#get(name)
    if (value !== undefined && typeof value !== 'string') throw this.#wrong(name, 'a string')
    return value
  }

  /** A whole number, 0 or more. */
  count (name: string): number {
    const value = this.#get(name) ?? this.#missing(name)
    if (!Number.isSafeInteger(value) || value as number < 0) throw this.#wrong(name, 'a whole number')
    return value as number
  }

  /** Empty when absent. */
  list (name: string): readonly unknown[] {
    const value = this.#get(name) ?? []
    if (!Array.isArray(value)) throw this.#wrong(name, 'a list')
    return value
  }

  /** Empty when absent. */
  texts (name: string): readonly string[] {
    const list = this.list(name)
    if (!list.every(item => typeof item === 'string')) throw this.#wrong(name, 'a list of strings')
    return list
  }

  fields (name: string): JsonFields {
    return this.optionalFields(name) ?? this.#missing(name)
  }

  optionalFields (name: string): JsonFields | undefined {
    const value = this.#get(name)
    return value === undefined ? undefined : new JsonFields(value, `The ${name} of ${within(this.#what)}`)
  }

  #get (name: string): unknown {
    for (const key of this.#spellings.get(folded(name)) ?? []) {
      if (key !== name) throw otherSpelling(this.#what, key, name)
    }
    return Object.hasOwn(this.#object, name) ? this.#object[name] ?? undefined : undefined
  }

  #missing (name: string): never {
    throw new LeporelloError('IMAGE_METADATA_INVALID', `${this.#what} has no ${quoted(name)}`)
  }

  #wrong (name: string, wanted: string): LeporelloError {
    return new LeporelloError('IMAGE_METADATA_INVALID', `${quoted(name)} in ${within(this.#what)} is not ${wanted}`)
  }
}

export function otherSpelling (what: string, key: string, name: string): LeporelloError {
  return new LeporelloError('IMAGE_AMBIGUOUS',
    `${what} has the key ${quoted(key)}, which some programs read as ${quoted(name)}`)
}

/** A key in the one form that Go compares: it folds the long s and the Kelvin sign, which only both steps reach. */
export function folded (key: string): string {
  return key.toUpperCase().toLowerCase()
}
