import { cpuSeconds, type Measured } from '../process.js'
import { inChild } from './child.js'
import type { PutOrder } from './put.js'
import { progress, type Figure } from './table.js'
import type { Tarball } from './tarball.js'

const ROUNDS = Number(process.env['LEPORELLO_BENCH_ROUNDS'] ?? 3)

export interface SpeedTest {
  /** Begins the names of the figures. */
  readonly title: string
  readonly service: Measured
  readonly tarball: Tarball
  readonly bare: PutOrder
  /** How many times the bare put's time an upload may take, if something is asked. */
  readonly target?: number
  /** Removes what was put. */
  readonly clean: () => Promise<void>
}

interface Round {
  readonly seconds: number
  readonly cpuSeconds: number
}

/** Uploads by PUT and by form beside the bare put, in turn; the medians count. */
export async function measureSpeed (test: SpeedTest): Promise<Figure[]> {
  const { title, tarball, target, clean } = test
  const rounds = { 'bare put': [] as Round[], PUT: [] as Round[], form: [] as Round[] }
  for (let round = 1; round <= ROUNDS; round++) {
    for (const how of ['bare put', 'PUT', 'form'] as const) {
      const took = how === 'bare put' ? await inChild('put.js', test.bare) : await upload(test, how)
      rounds[how].push(took)
      progress(`${title}, round ${round}: ${how} ${took.seconds.toFixed(2)} s, ${took.cpuSeconds.toFixed(1)} CPU s`)
      await clean()
    }
  }
  const median = (how: keyof typeof rounds, of: keyof Round): number =>
    rounds[how].map(round => round[of]).sort((a, b) => a - b)[ROUNDS >> 1] as number
  return (['bare put', 'PUT', 'form'] as const).flatMap((how): Figure[] => [
    { what: `${title}: ${how}`, measured: tarball.bytes / 1e6 / median(how, 'seconds'), unit: 'MB/s' },
    { what: `${title}: ${how}`, measured: median(how, 'cpuSeconds'), unit: 'CPU s' },
    ...how === 'bare put'
      ? []
      : [{
          what: `${title}: ${how} / bare put`, measured: median(how, 'seconds') / median('bare put', 'seconds'), unit: 'times', target
        } as const]
  ])
}

/** The processor's time is that of the service alone, the client being another's in real life. */
async function upload ({ service, tarball }: SpeedTest, how: 'PUT' | 'form'): Promise<Round> {
  const before = cpuSeconds(service.process)
  const { seconds } = await inChild('send.js', { url: service.url, how, tarball })
  return { seconds, cpuSeconds: cpuSeconds(service.process) - before }
}
