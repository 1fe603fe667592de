import type { Test } from 'tap'
import { temporaryFolder } from '../app.js'
import type { EngineName } from '../engines/lines.js'
import { Random } from '../random.js'
import { judge } from './aftermath.js'
import { Disturber } from './disturber.js'
import { Figures } from './figures.js'
import { Ledger } from './ledger.js'
import { PlainClient } from './plain-client.js'
import { read, watchBuilds } from './readers.js'
import { SetClient } from './set-client.js'
import { openSite } from './site.js'
import { TarballFiles } from './tarball-files.js'
import type { Work } from './work.js'

export interface ChaosOptions {
  readonly engine: EngineName
  readonly seed: number
  /** Instances that are killed. */
  readonly kills: number
  /** For how long there is work; all kills are within it, or it takes longer. */
  readonly seconds: number
  readonly graceMs: number
}

const OWNERS = 3
const SHARED = ['container-shared-1:1', 'container-shared-2:1', 'container-shared-3:1']
const SHARERS = 4
const SETS = ['container-set-1:1', 'container-set-2:1', 'container-set-3:1']

/**
 * Services under mixed work, while they, what they stand on and the ways in between fail again and again; then looks at
 * what is left. Each source of chance has a seed of its own, so that the same seed makes the same decisions.
 */
export async function runChaos (t: Test, { engine, seed, kills, seconds, graceMs }: ChaosOptions): Promise<Figures> {
  const figures = new Figures()
  const site = await openSite(t, engine, graceMs, figures)
  let sources = 0
  const random = () => new Random(seed * 1000 + sources++)
  const files = new TarballFiles(await temporaryFolder(t), random())
  const work: Work = { site, figures, ledger: new Ledger(), files, graceMs, isOver: false, sent: 0 }
  for (const name of SHARED) work.ledger.changes(name)
  const disturber = new Disturber(work, random())
  const running = [
    ...Array.from({ length: OWNERS }, (_, n) => new PlainClient(work, random(), { prefix: `container-own-${n}` }).run()),
    ...Array.from({ length: SHARERS }, () => new PlainClient(work, random(), { shared: SHARED }).run()),
    ...SETS.map(name => new SetClient(work, random(), name).run()),
    watchBuilds(work, random()),
    read(work, random()),
    disturber.makeFaults(),
    disturber.makeFaults()
  ]
  const killing = disturber.kill(kills, seconds * 1000).finally(() => {
    t.comment(`${seconds} s were asked for, and the last kill was after ${Math.round(figures.now() / 1000)} s`)
    work.isOver = true
  })
  await Promise.all([killing, ...running])
  const { left } = disturber
  t.comment(`${Math.round(figures.now() / 1000)} s of work; ${left.length} faults in phases did not come about${left.length < 20 ? `: ${left.join(', ')}` : ''}`)
  await judge(t, work)
  return figures
}
