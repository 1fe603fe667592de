import { InvalidArgumentError } from 'commander'
import { parseArchitecture, type Architecture } from '../domain/architecture.js'
import { LeporelloError } from '../errors.js'

/** `x86_64=what` taken apart. */
export interface NamedValue {
  readonly architecture: string | undefined
  readonly value: string
}

/**
 * Takes `ARCHITECTURE=VALUE` apart; anything else is a value alone, and so is a path or a url with an `=` in it: it has
 * a dot or a colon before that.
 */
export function namedValue (text: string): NamedValue {
  const [, name, value] = /^([^=/.:]+(?:\/[^=/.:]+){0,2})=(.*)$/s.exec(text) ?? []
  if (name === undefined || value === undefined) return { architecture: undefined, value: text }
  return { architecture: architectureOf(name), value }
}

/** For an option or an argument. */
export function architectureOf (text: string): Architecture {
  try {
    return parseArchitecture(text)
  } catch (error) {
    if (error instanceof LeporelloError) throw new InvalidArgumentError(error.message)
    throw error
  }
}

/** Names separated by commas, of an option that may be given several times. */
export function architectureList (text: string, before: readonly Architecture[] = []): readonly Architecture[] {
  return [...before, ...text.split(',').map(name => architectureOf(name.trim()))]
}

/** What an id says its version is: its tag. */
export function tagOf (id: string): string | undefined {
  const colon = id.lastIndexOf(':')
  return colon > id.lastIndexOf('/') && colon < id.length - 1 ? id.slice(colon + 1) : undefined
}
