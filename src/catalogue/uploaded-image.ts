import type { Architecture } from '../domain/architecture.js'
import { parseArchitecture } from '../domain/architecture.js'
import type { ImageRecord } from '../domain/image-record.js'
import type { ImageFacts } from '../image/image-facts.js'
import type { StoredTarball } from './tarball-intake.js'

const MOST_DIGESTS = 6

/** Findings that `verify=lenient` lets pass. */
const LENIENT: readonly string[] = ['BINARIES_MISMATCH', 'NAME_MISMATCH']

/** What a tarball is registered under: what was claimed, which was checked, or else what its config says. */
export function registeredArchitecture ({ claimed, facts }: StoredTarball): Architecture {
  return claimed ?? parseArchitecture(facts.architecture)
}

export function recordOf (architecture: Architecture, { key, facts }: StoredTarball, version: string): ImageRecord {
  const { variant, imageId, sha256, size, warnings } = facts
  return {
    architecture,
    ...variant !== undefined && { variant },
    file: key.slice(key.lastIndexOf('/') + 1),
    image_id: imageId,
    digests: digestsOf(facts),
    sha256,
    size,
    version,
    verified: !warnings.some(({ code }) => LENIENT.includes(code))
  }
}

/** Of more than there is room for the manifests of an archive's own go first: no engine calls a loaded image so. */
function digestsOf ({ digests }: ImageFacts): string[] {
  const order = ['config', 'predicted', 'index', 'manifest']
  const sorted = [...digests].sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind))
  return [...new Set(sorted.map(({ digest }) => digest))].slice(0, MOST_DIGESTS)
}
