import type { Test } from 'tap'
import { Deadline } from '../../src/deadline.js'
import { ContainerSets } from '../../src/domain/container-sets.js'
import type { DocumentIndex } from '../../src/ports/document-index.js'
import { Random } from '../random.js'
import type { Service } from '../service.js'
import { mistakesOfWorkers } from '../worker-replay.js'
import { isAlive, untilAnswered } from './retries.js'

const NAMES = Array.from({ length: 8 }, (_, n) => `container-sets-${n}:1`)
const BUILDS = Array.from({ length: 10 }, (_, n) => `${n}`)
const ARCHITECTURES = ['x86_64', 'arm64', 's390x']

/** So many jobs send at the same time. */
const SENDERS = 12

/** By how many builds one job may come later than another. */
const DISORDER = 3

/** What the processes of a race are told: a set that a killed one completed is soon taken over. */
export const SHORT_TAKEOVER = { LEPORELLO_INDEX_TIMEOUT_MS: '1000', LEPORELLO_TAKEOVER_MS: '6000' }

interface Sent {
  readonly name: string
  readonly build: string
  readonly architecture: string
}

interface Seen {
  readonly build: string
  readonly urls: Readonly<Record<string, string>>
}

/**
 * The architectures of many builds of some names, in disorder, each through one of the services at random, by clients
 * that try again until they are told what became of it. Whatever `disturb` does in their middle, who looks all the time
 * sees whole builds only, each later than the one before by the order that `index` keeps, and in the end the latest.
 */
export async function raceSets (t: Test, services: readonly Service[], index: DocumentIndex, disturb: () => Promise<void>): Promise<void> {
  const random = new Random(Date.now())
  const jobs = inDisorder(random)
  const total = jobs.length
  const refused = new Map<string, number>()
  const race = { isOver: false }
  const reader = look(services, random, race)
  let disturbed: Promise<void> | undefined
  await Promise.all(Array.from({ length: SENDERS }, async () => {
    for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
      const { status, text } = await untilAnswered('/container/merge', formOf(job), services, random)
      if (status === 409) refused.set(job.name, (refused.get(job.name) ?? 0) + 1)
      if (status === 409 ? JSON.parse(text).result.code !== 'SUPERSEDED' : status !== 200 && status !== 202) throw new Error(`${status}: ${text}`)
      if (jobs.length < total * 2 / 3) disturbed ??= disturb()
    }
  }))
  await disturbed
  await untilNothingPends(services, random)
  race.isOver = true
  const seen = await reader
  for (const name of NAMES) {
    const stored = ContainerSets.parse(name, (await index.get('sets', name, Deadline.in(30_000)))!.json)
    const order = stored.sets.map(({ build }) => build!)
    const places = seen.get(name)!.map(({ build }) => order.lastIndexOf(build))
    t.same(places, [...new Set(places)].sort((a, b) => a - b), `${name}: no build was seen after a later one`)
    t.equal(seen.get(name)!.at(-1)?.build, order.at(-1), `${name} ends with the latest build`)
    t.same(new Set(order), new Set(BUILDS), `${name}: every build has its place`)
    for (const { build, urls } of seen.get(name)!) {
      t.same(ARCHITECTURES.map(name => urls[name]), ARCHITECTURES.map(architecture => urlOf({ name, build, architecture })), `${name}: build ${build} was seen whole`)
    }
    t.same(await mistakesOfWorkers(name, await info(services.find(isAlive)!, name) as string), [])
  }
  t.comment(`${[...seen.values()].flat().length} builds were seen, ${[...refused.values()].reduce((a, b) => a + b, 0)} jobs came too late`)
}

/** All jobs, those of later builds later, but not much. */
function inDisorder (random: Random): Sent[] {
  return NAMES.flatMap(name => BUILDS.flatMap((build, at) => ARCHITECTURES.map(architecture =>
    ({ job: { name, build, architecture }, at: at + random.next() * DISORDER }))))
    .sort((a, b) => a.at - b.at).map(({ job }) => job)
}

function formOf (job: Sent): Record<string, string> {
  return { ...job, version: '1', url: urlOf(job), expect: ARCHITECTURES.join() }
}

function urlOf ({ name, build, architecture }: Sent): string {
  return `s3://b/${name.replace(':', '-')}-${build}-${architecture}.tar.gz`
}

/** What was seen of each name, as often as it changed, until the race is over and once more. */
async function look (services: readonly Service[], random: Random, race: { readonly isOver: boolean }): Promise<Map<string, Seen[]>> {
  const seen = new Map<string, Seen[]>(NAMES.map(name => [name, []]))
  for (let isLast = false; !isLast;) {
    isLast = race.isOver
    for (const name of NAMES) {
      const text = await info(random.pick(services.filter(isAlive)), name)
      if (text === undefined) continue
      const { build, urls } = JSON.parse(text) as { build: string, urls: string }
      const now = { build, urls: JSON.parse(urls) as Seen['urls'] }
      const last = seen.get(name)!.at(-1)
      if (JSON.stringify(last) !== JSON.stringify(now)) seen.get(name)!.push(now)
    }
  }
  return seen
}

/** The registration's JSON text; undefined when there is none yet, or it cannot be had just now. */
async function info (service: Service, name: string): Promise<string | undefined> {
  try {
    const answer = await fetch(`${service.url}/container/info?id=${name}`)
    const text = await answer.text()
    return answer.status === 200 ? JSON.stringify(JSON.parse(text).result) : undefined
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    return undefined
  }
}

/** What a killed process completed is published by another one in time. */
async function untilNothingPends (services: readonly Service[], random: Random): Promise<void> {
  for (;;) {
    const answer = await fetch(`${random.pick(services.filter(isAlive)).url}/container/pending`)
    const { result } = await answer.json() as { result: unknown }
    if (answer.status === 200 && Array.isArray(result) && result.length === 0) return
    await new Promise(resolve => setTimeout(resolve, 100)) // the timer of the services is what is waited for
  }
}
