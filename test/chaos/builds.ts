import type { ContainerSet } from '../../src/domain/container-sets.js'
import type { Architecture, Images, Token } from './changes.js'

/** The jobs of one build of a container: what each one sends, and whether it was told that it has arrived. */
export interface Build {
  readonly build: string
  readonly jobs: ReadonlyArray<{
    readonly architecture: Architecture
    readonly token: Token
    arrived: boolean
    /** Whether it was told that all of the build is shown. */
    registered: boolean
  }>
}

/** What is wrong with what a look at a registration of builds showed: it shows one build, the whole of it. */
export function mistakesInBuild (builds: readonly Build[], build: string | undefined, shown: Images): string[] {
  const sent = builds.find(each => each.build === build)
  if (sent === undefined) return [`build ${build} is shown, which nobody has sent`]
  const expected: Images = Object.fromEntries(sent.jobs.map(({ architecture, token }) => [architecture, token]))
  return [...new Set([...Object.keys(expected), ...Object.keys(shown)])].flatMap(name => {
    const architecture = name as Architecture
    if (shown[architecture] === expected[architecture]) return []
    return [`build ${build} is shown with ${shown[architecture] ?? 'nothing'} for ${architecture}, not ${expected[architecture] ?? 'without it'}`]
  })
}

/**
 * What is wrong at the end: `seen` are the builds that were shown, as often as that changed, the last of them now, and
 * `sets` what is stored of their order. Nothing older was shown over something newer, what arrived whole is shown or was
 * followed by something newer, and what waits lacks something that never arrived.
 */
export function mistakesInOrder (builds: readonly Build[], seen: readonly string[], sets: readonly ContainerSet[]): string[] {
  const order = sets.map(({ build }) => build)
  const places = seen.map(build => order.lastIndexOf(build))
  const last = places.at(-1) ?? -1
  const mistakes: string[] = []
  for (const [n, place] of places.entries()) {
    if (place < 0) mistakes.push(`build ${seen[n]} was shown and has no place`)
    if (n > 0 && place <= places[n - 1]!) mistakes.push(`build ${seen[n]} was shown after build ${seen[n - 1]}`)
  }
  for (const { build, jobs } of builds) {
    if (jobs.every(({ arrived }) => arrived) && order.lastIndexOf(build) > last) mistakes.push(`build ${build} has arrived and is not shown`)
    if (jobs.every(({ arrived, registered }) => arrived && !registered)) mistakes.push(`all of build ${build} was told to wait for the rest`)
    if (jobs.every(({ arrived }) => arrived) && !order.includes(build)) mistakes.push(`build ${build} has arrived and has no place`)
  }
  for (const { build, state, images } of sets) {
    if (state === 'complete') mistakes.push(`build ${build} stays complete`)
    const sent = builds.find(each => each.build === build)
    if (sent === undefined) mistakes.push(`build ${build} has a place, and nobody has sent it`)
    else if (state === 'waiting' && sent.jobs.every(({ architecture }) => images.some(image => image.architecture === architecture))) {
      mistakes.push(`build ${build} waits for nothing`)
    }
  }
  return mistakes
}
