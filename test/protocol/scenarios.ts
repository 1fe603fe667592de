import { ContainerDocument } from '../../src/domain/container-document.js'
import { parseArchitecture } from '../../src/domain/architecture.js'
import { ContainerSets, type ContainerSet } from '../../src/domain/container-sets.js'
import type { Scenario } from './explorer.js'
import { urlOf, type Task } from './processes.js'
import { NAME, textNumber, type Stored } from './world.js'

const BOTH = ['amd64', 'arm64']

const set = (build: string, architecture: string): Task => ({ kind: 'merge', build, architecture, expect: BOTH })
const direct = (build: string, architecture: string): Task => ({ kind: 'merge', build, architecture })
const plain = (architecture: string): Task => ({ kind: 'merge', architecture })
const add: Task = { kind: 'add' }
const addOf = (build: string): Task => ({ kind: 'add', build })
const remove: Task = { kind: 'remove' }
const timer: Task = { kind: 'timer' }
const expire: Task = { kind: 'expire' }
const sweep: Task = { kind: 'sweep' }

/** A registration of an earlier build, which the sets know nothing of. */
const OLD: Stored = {
  version: 5,
  text: textNumber(ContainerDocument.parse(JSON.stringify({
    id: NAME, digest: 'd', url: 's3://b/old.tar', version: '1', build: 'b0', urls: '{"x86_64": "s3://b/old.tar", "amd64": "s3://b/old.tar"}'
  })).json)
}

/** Sets that wait for arm64, each with the amd64 image of a sender before all others. */
function waiting (...builds: readonly string[]): Stored {
  const sets = builds.reduce((sets, build) => sets.append(waitingSet(build)), ContainerSets.parse(NAME, undefined))
  return { version: 6, text: textNumber(sets.json) }
}

function waitingSet (build: string): ContainerSet {
  const [amd64, arm64] = BOTH.map(parseArchitecture) as [ContainerSet['expect'][0], ContainerSet['expect'][0]]
  const url = urlOf(`before ${build}`, amd64)
  const at = new Date(0).toISOString()
  const record = { architecture: amd64, file: url.slice(url.lastIndexOf('/') + 1), digests: [], version: '1', verified: false }
  return {
    id: `before-${build}`,
    key: `build:${build}`,
    version: '1',
    build,
    expect: [amd64, arm64],
    images: [{ architecture: amd64, url, record, by: 'before', at }],
    state: 'waiting',
    since: at
  }
}

const one = waiting('b1')
const two = waiting('b1', 'b2')
const late = { M1a: set('b1', 'arm64'), M2a: set('b2', 'arm64') }
const last = { Ma: set('b1', 'arm64') }
const again = { Ma2: set('b1', 'arm64') }

/** Small enough for every run of the tests. */
export const SHORT: Readonly<Record<string, Scenario>> = {
  'three merges without a build, into nothing': { tasks: { Nx: plain('amd64'), Na: plain('arm64'), Np: plain('ppc64le') }, unknowns: 0 },
  'two builds, image by image': { tasks: { D1x: direct('b1', 'amd64'), D2x: direct('b2', 'amd64'), D1a: direct('b1', 'arm64') }, C: OLD, crashes: 0 },
  'one set and the timer': { tasks: { Mx: set('b1', 'amd64'), Ma: set('b1', 'arm64'), T: timer }, C: OLD, unknowns: 1 },
  'a set and a remove, nothing registered': { tasks: { ...last, R: remove, T: timer }, P: one, unknowns: 1 },
  'a set and an add': { tasks: { ...last, A: add, T: timer }, C: OLD, P: one, unknowns: 1 },
  'a set and an add of a build': { tasks: { ...last, B: addOf('b2'), T: timer }, C: OLD, P: one, unknowns: 1 },
  'an add of a build that waits': { tasks: { ...last, B: addOf('b1'), T: timer }, C: OLD, P: one },
  'an add of an old build beside a later one': { tasks: { B: addOf('b1'), D2x: direct('b2', 'amd64'), D1a: direct('b1', 'arm64') }, C: OLD },
  'an add of a build beside another build': { tasks: { B: addOf('b1'), D2x: direct('b2', 'amd64'), D2a: direct('b2', 'arm64') }, C: OLD },
  'two adds of builds': { tasks: { B1: addOf('b1'), B2: addOf('b2'), T: timer }, C: OLD, unknowns: 1 },
  'two sets complete at once': { tasks: { ...late, T: timer }, C: OLD, P: two },
  'a set that the index refuses, and one that it takes': { tasks: { ...late, T: timer }, C: OLD, P: two, refused: ['b1'] },
  'the last image of a refused set twice, with a lost answer': { tasks: { ...last, ...again, T: timer }, P: one, unknowns: 1, refused: ['b1'] },
  'a set, its expiry and a sweep': { tasks: { ...last, E: expire, W: sweep }, P: one }
}

/** All of it, for `npm run test:protocol`. */
export const LONG: Readonly<Record<string, Scenario>> = {
  'three merges without a build, with a lost answer': { tasks: { Nx: plain('amd64'), Na: plain('arm64'), Np: plain('ppc64le') }, unknowns: 1 },
  'two builds, two architectures each': { tasks: { D1x: direct('b1', 'amd64'), D2x: direct('b2', 'amd64'), D1a: direct('b1', 'arm64'), D2a: direct('b2', 'arm64') }, C: OLD, crashes: 0 },
  'three builds': { tasks: { D1: direct('b1', 'amd64'), D2: direct('b2', 'amd64'), D3: direct('b3', 'amd64'), D1a: direct('b1', 'arm64') }, C: OLD },
  'one set from nothing': { tasks: { Mx: set('b1', 'amd64'), Ma: set('b1', 'arm64'), T: timer }, unknowns: 1 },
  'two sets from nothing': { tasks: { M1x: set('b1', 'amd64'), M2x: set('b2', 'amd64'), M1a: set('b1', 'arm64'), M2a: set('b2', 'arm64') }, crashes: 0 },
  'the last image twice': { tasks: { ...last, ...again, T: timer }, P: one, unknowns: 1 },
  'a set and an add, nothing registered': { tasks: { ...last, A: add, T: timer }, P: one, unknowns: 1 },
  'a set and a remove': { tasks: { ...last, R: remove, T: timer }, C: OLD, P: one, unknowns: 1 },
  'a set, the last image twice, a remove': { tasks: { ...last, R: remove, ...again, T: timer }, P: one },
  'a set, an add, a remove': { tasks: { ...last, A: add, R: remove, T: timer }, C: OLD, P: one },
  'two sets complete at once, with a lost answer': { tasks: { ...late, T: timer }, C: OLD, P: two, unknowns: 1 },
  'two sets, nothing registered': { tasks: { ...late, T: timer }, P: two, unknowns: 1 },
  'two sets and an add': { tasks: { ...late, A: add, T: timer }, C: OLD, P: two },
  'two sets and a remove': { tasks: { ...late, R: remove, T: timer }, P: two, unknowns: 1 },
  'two sets and two removes': { tasks: { ...late, R: remove, R2: remove, T: timer }, P: two },
  'an older set waits, a newer build is shown': { tasks: { M1a: set('b1', 'arm64'), D2x: direct('b2', 'amd64'), T: timer }, C: OLD, P: one, unknowns: 1 },
  'the same, and an add': { tasks: { M1a: set('b1', 'arm64'), D2x: direct('b2', 'amd64'), A: add, T: timer }, C: OLD, P: one },
  'the same, and a remove': { tasks: { M1a: set('b1', 'arm64'), D2x: direct('b2', 'amd64'), R: remove, T: timer }, C: OLD, P: one, unknowns: 1 },
  'a merge without a build meanwhile': { tasks: { ...last, N: plain('ppc64le'), T: timer }, C: OLD, P: one, unknowns: 1 },
  'expiry, and the last image twice': { tasks: { ...last, E: expire, ...again, T: timer }, C: OLD, P: one, unknowns: 1 },
  'a sweep while a set is published': { tasks: { ...last, W: sweep, T: timer }, C: OLD, P: one, unknowns: 1 },
  'a sweep and two sets': { tasks: { ...late, W: sweep, T: timer }, C: OLD, P: two },
  'a newer set while the older one completes': { tasks: { M1a: set('b1', 'arm64'), M2x: set('b2', 'amd64'), M2a: set('b2', 'arm64'), T: timer }, C: OLD, P: one },
  'the owner dies, two take over, a remove': { tasks: { ...last, T: timer, T2: timer, R: remove }, P: one, crashes: 2 },
  'the same with a lost answer': { tasks: { ...last, T: timer, T2: timer, R: remove }, C: OLD, P: one, unknowns: 1 },
  'image by image and held, of one build': { tasks: { D: direct('b1', 'amd64'), H: set('b1', 'arm64'), H2: set('b1', 'amd64'), T: timer }, C: OLD, unknowns: 1 },
  'a set and two removes': { tasks: { ...last, R: remove, R2: remove, T: timer }, C: OLD, P: one, unknowns: 1 },
  'a set, an add of a later build, a remove': { tasks: { ...last, B: addOf('b2'), R: remove, T: timer }, C: OLD, P: one },
  'a set, an add of its own build, and an add': { tasks: { ...last, B: addOf('b1'), A: add, T: timer }, C: OLD, P: one },
  'two sets and an add of the older build': { tasks: { ...late, B: addOf('b1'), T: timer }, C: OLD, P: two },
  'an add of a build, a later build, and a lost answer': { tasks: { B: addOf('b1'), D2x: direct('b2', 'amd64'), D1a: direct('b1', 'arm64') }, C: OLD, unknowns: 1 },
  'an add of a build into nothing, and a remove': { tasks: { B: addOf('b1'), ...last, R: remove, T: timer }, P: one },
  'a refused set and one that is taken, with a lost answer': { tasks: { ...late, T: timer }, C: OLD, P: two, unknowns: 1, refused: ['b1'] },
  'a refused set, a later build and a remove': { tasks: { ...late, R: remove, T: timer }, P: two, refused: ['b1'] },
  'a refused set from nothing': { tasks: { Mx: set('b1', 'amd64'), Ma: set('b1', 'arm64'), T: timer }, unknowns: 1, refused: ['b1'] },
  'two adds of one build, a later one': { tasks: { B1: addOf('b1'), B2: addOf('b1'), D2x: direct('b2', 'amd64') }, C: OLD, unknowns: 1 }
}

/** What each rule is for: without it, something is found. */
export const FLAWED: Readonly<Record<string, Scenario>> = {
  'a set is closed before it is written': { tasks: { Mx: set('b1', 'amd64'), Ma: set('b1', 'arm64'), T: timer }, C: OLD, flaws: ['a set is closed before it is written'] },
  'an add drops set': { tasks: { ...last, A: add, T: timer }, C: OLD, P: one, flaws: ['an add drops set'] },
  'a remove closes nothing': { tasks: { ...last, R: remove, T: timer }, C: OLD, P: one, flaws: ['a remove closes nothing'] },
  'sets are read before the registration': { tasks: { M1a: set('b1', 'arm64'), D2x: direct('b2', 'amd64') }, C: OLD, P: one, crashes: 0, flaws: ['sets are read before the registration'] },
  'takeovers need no claim': { tasks: { ...last, T: timer, T2: timer, R: remove }, P: one, flaws: ['takeovers need no claim'] },
  'a creation is sent again': { tasks: { ...last, R: remove }, P: one, crashes: 0, unknowns: 1, flaws: ['a creation is sent again'] },
  'the sweep reads the registration first': { tasks: { Mx: set('b1', 'amd64'), Ma: set('b1', 'arm64'), W: sweep }, C: OLD, crashes: 0, flaws: ['the sweep reads the registration first'] },
  'a refused set is not ended': { tasks: { ...last, T: timer }, C: OLD, P: one, refused: ['b1'], flaws: ['a refused set is not ended'] },
  'an add of a build keeps its first place': { tasks: { B: addOf('b1'), D2x: direct('b2', 'amd64'), D2a: direct('b2', 'arm64') }, C: OLD, flaws: ['an add of a build keeps its first place'] }
}
