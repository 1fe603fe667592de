import type { Architecture } from '../domain/architecture.js'
import { quoted } from '../domain/quoted.js'
import { LeporelloError } from '../errors.js'
import type { ImageWarning } from './image-facts.js'
import type { BinaryCount } from './layer/binaries.js'
import type { ImageConfig } from './metadata/image-config.js'
import { familiarName } from './metadata/repo-tag.js'

const ALSO_RUNS: Readonly<Record<string, string>> = { amd64: '386', arm64: 'arm' }
// Spellings that containerd knows beside Go's.
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['i386', '386'], ['x86_64', 'amd64'], ['x86-64', 'amd64'], ['aarch64', 'arm64'], ['armhf', 'arm'], ['armel', 'arm']])
const LOCALHOST = 'localhost/'

/** @throws LeporelloError `IMAGE_ARCHITECTURE_MISMATCH` when the config is of another architecture. */
export function checkArchitecture (claimed: Architecture, { architecture, variant }: ImageConfig): void {
  if (claimed === architecture) return
  // A config without variant leaves it to the claim.
  if (variant === undefined && family(claimed) === family(architecture)) return
  throw new LeporelloError('IMAGE_ARCHITECTURE_MISMATCH',
    `The image was sent for ${claimed}, but its config says ${architecture}`,
    { details: { claimed, architecture } })
}

/** Whether containerd, which docker from 29 runs, takes the config's architecture for the same. */
export function isKnownSpelling ({ architecture, spelling }: Pick<ImageConfig, 'architecture' | 'spelling'>): boolean {
  const name = spelling.toLowerCase()
  return (ALIASES.get(name) ?? name) === family(architecture)
}

/** What the binaries say against the architecture of the config; nothing when there are none or all are its own. */
export function checkBinaries (architecture: Architecture, binaries: readonly BinaryCount[]): ImageWarning | undefined {
  const own = family(architecture)
  const foreign = binaries.filter(binary => binary.architecture !== own && binary.architecture !== ALSO_RUNS[own])
  const [first] = foreign
  if (first === undefined) return undefined
  const found = foreign.map(binary => `${binary.count} for ${binary.architecture} (such as ${quoted(binary.example)})`)
  return foreign.length === binaries.length
    ? {
        code: 'BINARIES_MISMATCH',
        message: `The image says ${architecture}, but its binaries are ${found.join(', ')} and none for ${own}; ` +
          'its base image was probably built for another platform'
      }
    : { code: 'BINARIES_MIXED', message: `Beside binaries for ${own} the image has ${found.join(', ')}` }
}

/** What the repo tags say against the name by which workers look for the image; `where` ends "it has none". */
export function checkName (name: string, repoTags: readonly string[], where = ''): ImageWarning | undefined {
  const wanted = familiar(name)
  const tags = repoTags.map(familiar)
  if (tags.includes(wanted)) return undefined
  if (tags.includes(LOCALHOST + wanted)) {
    return {
      code: 'NAME_LOCALHOST',
      message: `The image is named ${quoted(LOCALHOST + wanted)}: podman finds it as ${quoted(wanted)}, docker does not`
    }
  }
  const present = repoTags.length === 0 ? 'none' : repoTags.map(quoted).join(', ')
  return {
    code: 'NAME_MISMATCH',
    message: `The image must carry the repo tag ${quoted(wanted)}, by which workers look for it once it is loaded; ` +
      `it has ${present}${where}. Before saving it: docker tag ${tags[0] ?? '<image>'} ${wanted}`
  }
}

/** A reference without what docker leaves out, and with the tag it assumes. */
function familiar (reference: string): string {
  const short = familiarName(reference)
  return /:[^/:]*$/.test(short) ? short : `${short}:latest`
}

function family (architecture: string): string {
  return architecture.split('/')[0]!
}
