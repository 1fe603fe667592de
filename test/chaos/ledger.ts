import { mistakesInBuild, type Build } from './builds.js'
import { mistakesIn, type Architecture, type Change, type Look, type Token } from './changes.js'
import type { Shown } from './shown.js'

/** All that clients have sent, by name: of registrations without builds, and of those of builds. */
export class Ledger {
  readonly plain = new Map<string, Change[]>()
  readonly builds = new Map<string, Build[]>()
  /** The builds of each name as they were seen to follow each other. */
  readonly seen = new Map<string, string[]>()

  get names (): readonly string[] {
    return [...this.plain.keys(), ...this.builds.keys()]
  }

  changes (name: string): Change[] {
    return entryOf(this.plain, name)
  }

  buildsOf (name: string): Build[] {
    return entryOf(this.builds, name)
  }

  /** Somebody who is the only one to look at this name saw that build; undefined: none. */
  note (name: string, build: string | undefined): void {
    const seen = entryOf(this.seen, name)
    if (build !== undefined && seen.at(-1) !== build) seen.push(build)
  }

  /** What is wrong with what was seen of a name. */
  mistakes (name: string, { images, build, mistakes }: Shown, look: Look): string[] {
    const builds = this.builds.get(name)
    const isNothing = Object.keys(images).length === 0
    if (builds === undefined) return [...mistakes, ...mistakesIn(this.changes(name), images, look)]
    return [...mistakes, ...isNothing ? [] : mistakesInBuild(builds, build, images)]
  }

  /** Whether anybody sent that image of that architecture. */
  knows (name: string, architecture: Architecture, token: Token): boolean {
    return (this.plain.get(name) ?? []).some(({ writes }) => writes[architecture] === token) ||
      (this.builds.get(name) ?? []).some(({ jobs }) => jobs.some(job => job.architecture === architecture && job.token === token))
  }
}

function entryOf<T> (map: Map<string, T[]>, name: string): T[] {
  const entry = map.get(name) ?? []
  map.set(name, entry)
  return entry
}
