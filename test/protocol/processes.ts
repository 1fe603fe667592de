import { parseArchitecture } from '../../src/domain/architecture.js'
import { ContainerDocument } from '../../src/domain/container-document.js'
import { parseContainer, type Change } from '../../src/domain/container.js'
import { isOpen, type ContainerSet, type ContainerSets } from '../../src/domain/container-sets.js'
import { ImageUrls } from '../../src/domain/image-urls.js'
import { addedBuild, mergeStep, publishedDocument, setsBeforeRemoval, verdictOn, type SetMaking } from '../../src/domain/set-rules.js'
import { LeporelloError } from '../../src/errors.js'
import { answered, documentOf, moved, NAME, setsOf, textNumber, written, type Stored, type World, type Write } from './world.js'

/** What a process is to do. */
export type Task =
  | { readonly kind: 'merge', readonly build?: string, readonly architecture: string, readonly expect?: readonly string[] }
  | { readonly kind: 'add', readonly build?: string }
  | { readonly kind: 'remove' | 'timer' | 'expire' | 'sweep' }

/** Rules that are left out, to show what each is for. */
export type Flaw =
  | 'sets are read before the registration' | 'a set is closed before it is written' | 'an add drops set'
  | 'a remove closes nothing' | 'a creation is sent again' | 'takeovers need no claim' | 'the sweep reads the registration first'
  | 'an add of a build keeps its first place' | 'a refused set is not ended'

export interface Rules {
  readonly tasks: ReadonlyMap<string, Task>
  readonly flaws: ReadonlySet<Flaw>
  /** The builds that the index takes as sets and refuses as registrations. */
  readonly refused: ReadonlySet<string>
}

const AT = new Date(0)
const LATE = new Date(1)

/** One call of the index by a process: every world that it may lead to; none while the process has to wait. */
export function step (rules: Rules, world: World, index: number): World[] {
  const process = world.processes[index]!
  if (process.at.startsWith('publish')) return publish(rules, world, index)
  const task = rules.tasks.get(process.name)!
  switch (task.kind) {
    case 'merge':
    case 'add':
    case 'remove': return change(rules, world, index, task)
    case 'timer': return timer(rules, world, index)
    case 'expire': return expire(world, index)
    case 'sweep': return sweep(rules, world, index)
  }
}

interface Read { readonly C: Stored | undefined, readonly P: Stored | undefined }

/** What a change makes of a reading, as the lane has it: the sets are written first, then the registration. */
interface Plan {
  readonly sets?: ContainerSets
  readonly document?: ContainerDocument | null
  readonly publishes?: string
  readonly answer: string
}

/** A change in a lane of its own: reads the registration, then the sets, writes the sets, then the registration. */
function change (rules: Rules, world: World, index: number, task: Task): World[] {
  const { at, held } = world.processes[index]!
  const read = held as Read
  switch (at) {
    case 'start': return [moved(world, index, 'sets', { C: world.C })]
    case 'sets': return judged(rules, world, index, task, { C: read.C, P: world.P })
    case 'write sets': {
      const plan = held as Plan & Read
      const then = plan.publishes !== undefined
        ? (world: World) => moved(world, index, 'publish', { id: plan.publishes, own: true })
        : plan.document === undefined
          ? (world: World) => answered(world, index, plan.answer)
          : (world: World) => moved(world, index, 'write registration', plan)
      return written(world, put('P', plan.P, plan.sets!), { done: then, conflict: again(index) })
    }
    case 'write registration': {
      const plan = held as Plan & Read
      return written(world, put('C', plan.C, plan.document!), { done: world => answered(world, index, plan.answer), conflict: again(index) })
    }
    default: throw new Error(`nobody stands at ${at}`)
  }
}

function again (index: number) {
  return (world: World) => moved(world, index, 'start')
}

function judged (rules: Rules, world: World, index: number, task: Task, read: Read): World[] {
  const plan = planned(rules, world, index, task, read)
  if ('delayed' in plan) return takeOver(rules, world, index, plan.delayed)
  if (plan.sets !== undefined) return [moved(world, index, 'write sets', { ...plan, ...read })]
  if (plan.document === undefined) return [answered(world, index, plan.answer)]
  return [moved(world, index, 'write registration', { ...plan, ...read })]
}

function planned (rules: Rules, world: World, index: number, task: Task, read: Read): Plan | { readonly delayed: ContainerSet } {
  const { name } = world.processes[index]!
  const [document, sets] = [documentOf(read.C), setsOf(read.P)]
  const making = makingOf(name, sets)
  if (task.kind === 'merge') return plannedMerge(task, document, sets, making)
  if (task.kind === 'add') {
    const place = placeOf(rules, name, sets)
    const placed = task.build === undefined ? undefined : addedBuild(task.build, '1', sets, making, place)
    const set = place !== undefined && rules.flaws.has('an add of a build keeps its first place') ? place : placed?.sets.at(-1)!.id
    const container = parseContainer({ name: NAME, version: '1', digest: 'd', url: urlOf(name, 'amd64'), urls: undefined })
    const after = ContainerDocument.added(container, document, making, set === undefined ? undefined : { build: task.build, set })
    return { document: rules.flaws.has('an add drops set') && set === undefined ? withoutSet(after) : after, ...placed && { sets: placed }, answer: `added ${set ?? ''}` }
  }
  if (document === undefined) return { answer: 'absent' }
  const closed = rules.flaws.has('a remove closes nothing') ? undefined : setsBeforeRemoval(document, sets, LATE)
  return { document: null, ...closed && { sets: closed }, answer: 'removed' }
}

/** Of an add of a build that has been tried before: the place that it took then. */
function placeOf ({ flaws }: Rules, name: string, { sets }: ContainerSets): string | undefined {
  const own = sets.filter(({ id }) => id.startsWith(`${name}#`))
  return flaws.has('an add of a build keeps its first place') ? own[0]?.id : own.at(-1)?.id
}

function withoutSet (document: ContainerDocument): ContainerDocument {
  const { set, ...fields } = JSON.parse(document.json) as Record<string, unknown>
  return ContainerDocument.parse(JSON.stringify(fields))
}

function plannedMerge (
  { build, architecture, expect = [] }: Task & { readonly kind: 'merge' }, document: ContainerDocument | undefined, sets: ContainerSets, making: SetMaking
): Plan | { readonly delayed: ContainerSet } {
  const name = parseArchitecture(architecture)
  const merge = {
    id: NAME,
    version: '1',
    urls: ImageUrls.of(new Map([[name, urlOf(making.by, architecture)]])),
    ...build !== undefined && { build },
    expect: expect.map(parseArchitecture)
  }
  try {
    const made = mergeStep(merge, { document, sets }, making)
    switch (made.step) {
      case 'delay': return { delayed: made.set }
      case 'wait': return { sets: made.sets, answer: 'waiting' }
      case 'publish': return { sets: made.sets, publishes: made.set.id, answer: 'published' }
      case 'register': return { document: made.document, ...made.sets && { sets: made.sets }, answer: 'merged' }
    }
  } catch (error) {
    if (error instanceof LeporelloError && error.code === 'SUPERSEDED') return { answer: 'superseded' }
    throw error
  }
}

/** Everybody writes as itself, so that whatever is seen has one sender. */
function makingOf (name: string, { sets }: ContainerSets): SetMaking & Change {
  const made = sets.filter(({ id }) => id.startsWith(`${name}#`)).length
  return { at: AT, by: name, owner: name, newId: `${name}#${made}` }
}

export function urlOf (name: string, architecture: string): string {
  return `s3://b/${name}-${architecture}.tar`
}

function put (target: 'C' | 'P', stored: Stored | undefined, content: { readonly json: string } | null): Write {
  return { target, expected: stored?.version, text: content === null ? undefined : textNumber(content.json) }
}

/** Waits for the owner, or takes its place when it is gone: what stands for not having moved for half a minute. */
function takeOver ({ flaws, tasks }: Rules, world: World, index: number, { id }: ContainerSet): World[] {
  const { name } = world.processes[index]!
  const set = setsOf(world.P).get(id)
  if (set?.state !== 'complete') return [moved(world, index, 'start')]
  const publication: Publication = { id, own: tasks.get(name)?.kind === 'timer' || set.images.some(({ by }) => by === name) }
  if (set.owner === name) return [moved(world, index, 'publish', publication)]
  const isBusy = world.processes.some((other, at) => at !== index && other.name === set.owner && !['start', 'done', 'dead'].includes(other.at)) ||
    world.flying.some(({ publishes }) => publishes === id)
  if (isBusy) return []
  if (flaws.has('takeovers need no claim')) return [moved(world, index, 'publish', publication)]
  const claimed = setsOf(world.P).replace({ ...set, owner: name })
  return written(world, put('P', world.P, claimed), {
    done: world => moved(world, index, 'publish', publication),
    conflict: again(index),
    // A claim of unknown outcome is not used.
    unknown: world => moved(world, index, 'dead')
  })
}

interface Publication {
  /** Of the set. */
  readonly id: string
  /** Whether it is told what became of the set; whoever publishes somebody else's is judged again after that. */
  readonly own: boolean
  /** The index has refused what it would become. */
  readonly isRefused?: true
}

/** The publisher: the registration, then the sets; the registration is written before the set is closed. */
function publish (rules: Rules, world: World, index: number): World[] {
  const { at, held } = world.processes[index]!
  const { flaws } = rules
  if (at === 'publish') {
    return [moved(world, index, 'publish: read', { ...held as Publication, ...flaws.has('sets are read before the registration') ? { P: world.P } : { C: world.C } })]
  }
  if (at === 'publish: read') {
    const partial = held as Partial<Read> & Publication
    return decide(rules, world, index, partial, 'P' in partial ? { C: world.C, P: partial.P } : { C: partial.C, P: world.P })
  }
  if (at === 'publish: show') return show(rules, world, index)
  return close(world, index)
}

function decide ({ flaws }: Rules, world: World, index: number, { id, own, isRefused }: Publication, read: Read): World[] {
  const { name } = world.processes[index]!
  const sets = setsOf(read.P)
  const set = sets.get(id)
  if (set?.state !== 'complete') return [ended(world, index, set, { id, own, ...isRefused && { isRefused } })]
  if (set.owner !== name && !flaws.has('takeovers need no claim')) return [moved(world, index, 'start')]
  const verdict = verdictOn(set, { document: documentOf(read.C), sets })
  if (verdict === 'superseded') return [moved(world, index, 'publish: close', { id, own, state: 'superseded' })]
  if (verdict === undefined && flaws.has('a set is closed before it is written')) {
    return written(world, put('P', read.P, sets.close(id, 'published', LATE)), {
      done: world => moved(world, index, 'publish: show', { id, own, set, ...read }), conflict: publishAgain(index, { id, own })
    })
  }
  return [moved(world, index, 'publish: show', { id, own, set, ...read })]
}

function publishAgain (index: number, { id, own, isRefused }: Publication) {
  return (world: World) => moved(world, index, 'publish', { id, own, ...isRefused && { isRefused } })
}

/** What shows the set already is written once more, so that it is durable. */
function show ({ flaws, refused }: Rules, world: World, index: number): World[] {
  const { id, own, set, C } = world.processes[index]!.held as Read & Publication & { readonly set: ContainerSet }
  if (set.build !== undefined && refused.has(set.build)) {
    if (flaws.has('a refused set is not ended')) return [told(world, index, 'refused', own)]
    return [moved(world, index, 'publish: close', { id, own, isRefused: true, state: 'expired' })]
  }
  const isShown = documentOf(C)?.set === id
  const write: Write = isShown
    ? { target: 'C', expected: C!.version, text: C!.text }
    : { ...put('C', C, publishedDocument(NAME, set, AT)), publishes: id }
  return written(world, write, {
    done: world => flaws.has('a set is closed before it is written') ? told(world, index, 'published', own) : moved(world, index, 'publish: close', { id, own, state: 'published' }),
    conflict: publishAgain(index, { id, own }),
    ...C === undefined && !flaws.has('a creation is sent again') && { unknown: (world: World) => moved(world, index, 'dead') }
  })
}

/** Reads and closes: two calls, of which a conflict only means to read again. */
function close (world: World, index: number): World[] {
  const { state, ...publication } = world.processes[index]!.held as Publication & { readonly state: 'published' | 'superseded' | 'expired' }
  const { id, own } = publication
  const sets = setsOf(world.P)
  const set = sets.get(id)
  if (set?.state !== 'complete') return [state === 'published' ? told(world, index, 'published', own) : ended(world, index, set, publication)]
  return written(world, put('P', world.P, sets.close(id, state, LATE)), {
    done: world => told(world, index, state === 'expired' ? 'refused' : state, own), conflict: publishAgain(index, publication)
  })
}

/** Somebody else closed it, or a write of ours without an answer. */
function ended (world: World, index: number, set: ContainerSet | undefined, { own, isRefused }: Publication): World {
  if (set?.state === 'published' || set?.state === 'superseded') return told(world, index, set.state, own)
  if (set?.state === 'expired' && isRefused) return told(world, index, 'refused', own)
  return moved(world, index, 'start')
}

function told (world: World, index: number, answer: string, own: boolean): World {
  return own ? answered(world, index, answer) : moved(world, index, 'start')
}

function timer (rules: Rules, world: World, index: number): World[] {
  const { complete } = setsOf(world.P)
  return complete === undefined ? [] : takeOver(rules, world, index, complete)
}

function expire (world: World, index: number): World[] {
  const { at, held } = world.processes[index]!
  if (at === 'start') return setsOf(world.P).sets.some(({ state }) => state === 'waiting') ? [moved(world, index, 'write', world.P)] : []
  const stored = held as Stored
  const waiting = setsOf(stored).sets.filter(({ state }) => state === 'waiting')
  const ended = waiting.reduce((sets, { id }) => sets.close(id, 'expired', LATE), setsOf(stored))
  return written(world, put('P', stored, ended), { done: world => answered(world, index, 'expired'), conflict: again(index) })
}

/** Everything is old enough; it deletes at the end what neither of the two readings named. */
function sweep ({ flaws }: Rules, world: World, index: number): World[] {
  const { at, held } = world.processes[index]!
  const named = { C: namedByRegistration(world), P: namedBySets(world) }
  const [first, second] = flaws.has('the sweep reads the registration first') ? ['C', 'P'] as const : ['P', 'C'] as const
  if (at === 'start') return [moved(world, index, first, [...new Set([...named.C, ...named.P])])]
  const left = (held as readonly string[]).filter(url => !named[at as 'C' | 'P'].includes(url))
  return at === first ? [moved(world, index, second, left)] : [answered({ ...world, swept: [...world.swept, ...left] }, index, 'swept')]
}

export function namedByRegistration (world: World): string[] {
  const document = documentOf(world.C)
  return document?.urls.architectures.map(name => document.urls.get(name)!) ?? []
}

export function namedBySets (world: World): string[] {
  return setsOf(world.P).sets.filter(isOpen).flatMap(({ images }) => images.map(({ url }) => url))
}
