import { createHash } from 'node:crypto'
import { namedBySets, step, type Flaw, type Rules, type Task } from './processes.js'
import { brokenAtOnce, brokenInTheEnd } from './promises.js'
import { applied, setsOf, type Stored, type World } from './world.js'

export interface Scenario {
  readonly tasks: Readonly<Record<string, Task>>
  readonly C?: Stored
  readonly P?: Stored
  readonly crashes?: number
  readonly unknowns?: number
  readonly flaws?: readonly Flaw[]
  readonly refused?: readonly string[]
}

export interface Exploration {
  readonly worlds: number
  /** The first promise that was found broken, with the shortest way to it. */
  readonly broken?: { readonly promise: string, readonly way: readonly string[] }
}

/** Nobody has ever acted before it has read. */
const FIRST = 'start'

/**
 * Goes through every order in which the index's calls of these tasks may come, with crashes between any two of them and
 * with writes of unknown outcome that land at once, later or never; the shortest ways first.
 */
export function explore ({ tasks, C, P, crashes = 1, unknowns = 0, flaws = [], refused = [] }: Scenario): Exploration {
  const rules: Rules = { tasks: new Map(Object.entries(tasks)), flaws: new Set(flaws), refused: new Set(refused) }
  const first: World = {
    C,
    P,
    version: 10,
    processes: Object.keys(tasks).map(name => ({ name, at: FIRST, held: null })),
    flying: [],
    published: [],
    answers: [],
    swept: [],
    crashesLeft: crashes,
    unknownsLeft: unknowns
  }
  const came: Came[] = [{ from: -1, by: '' }]
  const seen = new Set([keyOf(first)])
  let layer: Array<readonly [World, number]> = [[first, 0]]
  while (layer.length > 0) {
    const next: typeof layer = []
    for (const [world, number] of layer) {
      const promise = brokenAtOnce(rules, world) ?? (isStill(rules, world) ? brokenInTheEnd(rules, world, drained(rules, world)) : undefined)
      if (promise !== undefined) return { worlds: came.length, broken: { promise, way: wayTo(came, number) } }
      for (const [by, after] of successors(rules, world)) {
        const key = keyOf(after)
        if (seen.has(key)) continue
        seen.add(key)
        next.push([after, came.push({ from: number, by }) - 1])
      }
    }
    layer = next
  }
  return { worlds: came.length }
}

interface Came { readonly from: number, readonly by: string }

function wayTo (came: readonly Came[], number: number): string[] {
  const way: string[] = []
  for (let at = number; at > 0; at = came[at]!.from) way.unshift(came[at]!.by)
  return way
}

function keyOf (world: World): string {
  return createHash('sha1').update(JSON.stringify(world)).digest('base64')
}

function isActive ({ at }: { readonly at: string }): boolean {
  return at !== 'done' && at !== 'dead'
}

function * successors (rules: Rules, world: World): Generator<readonly [string, World]> {
  for (const [index, process] of world.processes.entries()) {
    if (!isActive(process)) continue
    for (const after of step(rules, world, index)) yield [`${process.name}: ${process.at}`, after]
    if (world.crashesLeft > 0 && process.at !== FIRST && rules.tasks.get(process.name)!.kind !== 'sweep') {
      yield [`${process.name} dies`, { ...world, crashesLeft: world.crashesLeft - 1, processes: world.processes.map((other, at) => at === index ? { ...other, at: 'dead', held: null } : other) }]
    }
  }
  for (const [index, write] of world.flying.entries()) {
    const rest = { ...world, flying: world.flying.filter((_, other) => other !== index) }
    yield ['a late write never lands', rest]
    const landed = applied(rest, write)
    if (landed !== undefined) yield [`a late write of ${write.target} lands`, landed]
  }
}

/** Nobody can go on, and nothing is on its way. */
function isStill (rules: Rules, world: World): boolean {
  return world.flying.length === 0 && world.processes.every((process, index) => !isActive(process) || step(rules, world, index).length === 0)
}

/** After the timer has done what there is for it. */
function drained (rules: Rules, world: World): World {
  const timerOnly: Rules = { tasks: new Map([['timer', { kind: 'timer' }]]), flaws: rules.flaws, refused: rules.refused }
  let now: World = { ...world, crashesLeft: 0, unknownsLeft: 0, flying: [], processes: [{ name: 'timer', at: FIRST, held: null }] }
  for (let steps = 0; steps < 200; steps++) {
    const [after] = step(timerOnly, now, 0)
    if (after === undefined) return { ...now, processes: world.processes, answers: world.answers }
    now = after.processes[0]!.at === 'done' ? { ...after, processes: [{ name: 'timer', at: FIRST, held: null }] } : after
  }
  throw new Error(`the timer comes to no end: ${JSON.stringify(setsOf(now.P).sets)} ${namedBySets(now).join()}`)
}
