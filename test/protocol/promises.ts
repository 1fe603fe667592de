import { isOpen } from '../../src/domain/container-sets.js'
import { namedByRegistration, namedBySets, urlOf, type Rules } from './processes.js'
import { documentOf, setsOf, type World } from './world.js'

/** What has to hold at every moment; the sentence says what does not. */
export function brokenAtOnce (rules: Rules, world: World): string | undefined {
  const twice = world.published.find((set, at) => world.published.indexOf(set) !== at)
  if (twice !== undefined) return `set ${twice} is published twice: a later add or remove is undone`
  const sets = setsOf(world.P)
  const isOlder = world.published.some((set, at) => set.startsWith('!') ||
    (at > 0 && sets.position(set) >= 0 && sets.position(set) < sets.position(world.published[at - 1])))
  if (isOlder) return `an older set is published over a newer one: ${world.published.join()}`
  const document = documentOf(world.C)
  const shown = namedByRegistration(world)
  const foreign = shown.find(url => ![undefined, document?.build].includes(buildOf(rules, url)))
  if (document !== undefined && foreign !== undefined) return `two builds in one registration: ${foreign} in ${document.build}`
  const told = world.answers.find(([name, answer]) => answer === 'refused' && isNamed(rules, world, name))
  if (told !== undefined) return `${told[0]} was told that it is refused, and is named: its tarball is removed`
  const gone = [...shown, ...namedBySets(world)].find(url => world.swept.includes(url))
  return gone && `${gone} is named and its tarball deleted`
}

function isNamed ({ tasks }: Rules, world: World, name: string): boolean {
  const task = tasks.get(name)
  return task?.kind === 'merge' && [...namedByRegistration(world), ...namedBySets(world)].includes(urlOf(name, task.architecture))
}

function buildOf ({ tasks }: Rules, url: string): string | undefined {
  for (const [name, task] of tasks) {
    if (url.startsWith(urlOf(name, '').slice(0, -'.tar'.length))) return 'build' in task ? task.build : undefined
  }
  return undefined
}

/** What has to hold when nobody is left; `end` is after the timer. */
export function brokenInTheEnd (rules: Rules, world: World, end: World): string | undefined {
  const atOnce = brokenAtOnce(rules, end)
  if (atOnce !== undefined) return `after recovery: ${atOnce}`
  if (setsOf(end.P).complete !== undefined) return 'a complete set is never published'
  for (const [name, answer] of world.answers) {
    const broken = answer.startsWith('added') ? brokenAdd(rules, name, answer, end) : brokenMerge(rules, name, answer, end)
    if (broken !== undefined) return broken
  }
  return undefined
}

/** The registration does not go back behind an add that was acknowledged, unless somebody removes it. */
function brokenAdd ({ tasks }: Rules, name: string, answer: string, end: World): string | undefined {
  const place = answer.slice('added '.length)
  if (place === '' || [...tasks.values()].some(({ kind }) => kind === 'remove')) return undefined
  const sets = setsOf(end.P)
  const reached = sets.position(documentOf(end.C)?.set)
  return reached >= sets.position(place) ? undefined : `${name} was acknowledged, and an older build is shown in its place`
}

function brokenMerge (rules: Rules, name: string, answer: string, end: World): string | undefined {
  const task = rules.tasks.get(name)
  if (task?.kind !== 'merge') return undefined
  const url = urlOf(name, task.architecture)
  const sets = setsOf(end.P)
  const waits = sets.sets.some(set => isOpen(set) && set.images.some(image => image.url === url))
  if (answer === 'published' && !end.published.some(id => id.length > 0)) return `${name} was told that its set is published, and none ever was`
  if (answer === 'waiting' && !waits && !isExplained(rules, name, url, end)) return `${name} was told that it waits, and is lost`
  if (answer === 'merged' && !isExplained(rules, name, url, end)) return `${name} was told that it is registered, and is lost`
  return undefined
}

/** Whether what stands, or what somebody else was to do, says where an acknowledged image went. */
function isExplained ({ tasks, refused }: Rules, name: string, url: string, end: World): boolean {
  const task = tasks.get(name)!
  if (task.kind !== 'merge' || namedByRegistration(end).includes(url)) return true
  // Its set was complete, and the index refused what it would have become.
  if (task.build !== undefined && refused.has(task.build)) return true
  const others = [...tasks].filter(([other]) => other !== name).map(([, other]) => other)
  const isShown = task.build !== undefined && documentOf(end.C)?.build === task.build
  // Whoever removes everything, ends what waits, or replaces it: but then no part of the build is shown, unless by an add of it.
  if (others.some(({ kind }) => kind === 'remove' || kind === 'expire')) return true
  if (others.some(other => other.kind === 'add' && (!isShown || other.build === task.build))) return true
  const sameAgain = others.some(other => other.kind === 'merge' && other.architecture === task.architecture && [task.build, undefined].includes(other.build))
  if (sameAgain) return true
  // A build that came later, or a whole set over what belonged to none.
  const sets = setsOf(end.P)
  const document = documentOf(end.C)
  if (task.build === undefined) return document?.build !== undefined || others.some(other => other.kind === 'merge' && other.build !== undefined)
  const own = sets.latest(`build:${task.build}`)
  return own !== undefined && sets.position(document?.set) > sets.position(own.id)
}
