import { ContainerDocument } from '../../src/domain/container-document.js'
import { ContainerSets } from '../../src/domain/container-sets.js'

/** One of the two documents of a name as it stands: its text, by number, and the version of its last write. */
export interface Stored {
  readonly version: number
  readonly text: number
}

/** C is the registration, P its sets. */
export type Target = 'C' | 'P'

export interface Write {
  readonly target: Target
  /** The version that it replaces; absent: it creates. */
  readonly expected: number | undefined
  /** Absent: it removes. */
  readonly text: number | undefined
  /** The set that it publishes. */
  readonly publishes?: string
}

/** Somebody at work: where it stands, and what it holds by then. */
export interface Process {
  readonly name: string
  readonly at: string
  readonly held: unknown
}

/** All that can differ between two moments. */
export interface World {
  readonly C: Stored | undefined
  readonly P: Stored | undefined
  readonly version: number
  readonly processes: readonly Process[]
  /** Writes of unknown outcome, which may still land. */
  readonly flying: readonly Write[]
  /** The sets in the order in which they were published; those over a newer one are marked. */
  readonly published: readonly string[]
  /** What was answered to whom. */
  readonly answers: ReadonlyArray<readonly [name: string, answer: string]>
  /** The urls whose tarballs a sweep has deleted. */
  readonly swept: readonly string[]
  readonly crashesLeft: number
  readonly unknownsLeft: number
}

const texts: string[] = []
const numbers = new Map<string, number>()
const documents = new Map<number, ContainerDocument>()
const sets = new Map<number, ContainerSets>()

/** Texts are kept once, so that a world is small. */
export function textNumber (text: string): number {
  const known = numbers.get(text)
  if (known !== undefined) return known
  numbers.set(text, texts.length)
  return texts.push(text) - 1
}

export function textOf (stored: Stored): string {
  return texts[stored.text]!
}

export function documentOf (stored: Stored | undefined): ContainerDocument | undefined {
  return stored && remember(documents, stored.text, () => ContainerDocument.parse(textOf(stored)))
}

export function setsOf (stored: Stored | undefined): ContainerSets {
  return stored === undefined ? NONE : remember(sets, stored.text, () => ContainerSets.parse(NAME, textOf(stored)))
}

/** The one name that everything is about. */
export const NAME = 'c:1'

const NONE = ContainerSets.parse(NAME, undefined)

function remember<T> (kept: Map<number, T>, key: number, make: () => T): T {
  const known = kept.get(key)
  if (known !== undefined) return known
  const made = make()
  kept.set(key, made)
  return made
}

/** The world after a write, or undefined where it meets a conflict. */
export function applied (world: World, { target, expected, text, publishes }: Write): World | undefined {
  if (world[target]?.version !== expected) return undefined
  const version = world.version + 1
  const published = publishes === undefined ? world.published : [...world.published, mark(world, publishes)]
  return { ...world, [target]: text === undefined ? undefined : { version, text }, version, published }
}

/** A set that is published over a later one is a fault, and told from the others by a mark. */
function mark (world: World, set: string): string {
  const order = setsOf(world.P)
  return order.position(documentOf(world.C)?.set) > order.position(set) ? `!${set}` : set
}

export function moved (world: World, index: number, at: string, held: unknown = null): World {
  return { ...world, processes: world.processes.map((process, other) => other === index ? { ...process, at, held } : process) }
}

export function answered (world: World, index: number, answer: string): World {
  const { name } = world.processes[index]!
  return { ...moved(world, index, 'done'), answers: [...world.answers, [name, answer]] }
}

/** Every way in which a write may end. */
export function written (
  world: World, write: Write, then: { readonly done: (world: World) => World, readonly conflict: (world: World) => World, readonly unknown?: (world: World) => World }
): World[] {
  const done = applied(world, write)
  const ends = [done === undefined ? then.conflict(world) : then.done(done)]
  if (world.unknownsLeft > 0) {
    const lost = { ...world, unknownsLeft: world.unknownsLeft - 1, flying: [...world.flying, write] }
    ends.push((then.unknown ?? then.conflict)(lost))
  }
  return ends
}
