import type { Test } from 'tap'
import { Random } from '../random.js'
import type { Service } from '../service.js'
import { mistakesOfWorkers } from '../worker-replay.js'
import { isAlive, untilAnswered } from './retries.js'

const MERGES = 1000
const NAMES = Array.from({ length: 50 }, (_, n) => `container-race-${n}:1`)
const ARCHITECTURES = ['x86_64', 'aarch64', 'ppc64le', 's390x', 'riscv64', 'armv7l', 'i686', 'loongarch64']

interface Sent {
  readonly name: string
  readonly architecture: string
  readonly url: string
}

/**
 * Merges of 8 architectures into 50 names, all at once, each through one of the services at random, as a client sends
 * them that tries again until it is answered 200. Whatever `disturb` does in their middle, every acknowledged
 * architecture is there at the end, under a url that was sent for it.
 */
export async function raceMerges (t: Test, services: readonly Service[], disturb: () => Promise<void>): Promise<void> {
  const random = new Random(Date.now())
  const acknowledged: Sent[] = []
  const sent = Array.from({ length: MERGES }, (_, n): Sent =>
    ({ name: random.pick(NAMES), architecture: random.pick(ARCHITECTURES), url: `s3://b/${n}.tar.gz` }))
  let disturbed: Promise<void> | undefined
  await Promise.all(sent.map(async merge => {
    const { status, text } = await untilAnswered('/container/merge', { ...merge, version: '1' }, services, random)
    if (status !== 200) throw new Error(`${status}: ${text}`)
    acknowledged.push(merge)
    if (acknowledged.length === MERGES / 4) disturbed = disturb()
  }))
  await disturbed
  t.equal(acknowledged.length, MERGES)
  const [survivor] = services.filter(isAlive)
  for (const name of NAMES) {
    const own = acknowledged.filter(merge => merge.name === name)
    if (own.length === 0) continue
    const answer = await fetch(`${survivor!.url}/container/info?id=${name}`)
    const { result } = await answer.json() as { result: { url: string | null, urls: string } }
    const urls = JSON.parse(result.urls) as Record<string, string>
    for (const architecture of new Set(own.map(merge => merge.architecture))) {
      const mine = own.filter(merge => merge.architecture === architecture).map(({ url }) => url)
      t.ok(mine.includes(urls[architecture] ?? ''), `${name} has ${architecture}`)
    }
    t.equal(result.url, urls['x86_64'] ?? null)
    t.same(await mistakesOfWorkers(name, JSON.stringify(result)), [])
  }
}
