import { parseWanted, type Wanted } from '../../src/domain/resolved-image.js'
import type { Parameters } from '../../src/wire/parameters.js'
import { architecture, documentId } from './schemas.js'

/** The parameters that say which architecture an image is for. */
export const wantedProperties = {
  arch: architecture,
  fallback: {
    type: 'string',
    description: 'Other architectures that will do when there is nothing for it, separated by commas. Absent: none will.',
    examples: ['amd64']
  }
}

export const resolvedImage = {
  type: 'object',
  required: ['id', 'version', 'architecture', 'variant', 'url', 'download', 'image_id', 'digests', 'sha256', 'size'],
  properties: {
    id: documentId,
    version: { type: ['string', 'null'] },
    architecture: { type: 'string', description: 'What was found, in the spelling of Go and OCI.' },
    variant: { type: ['string', 'null'] },
    url: { type: 'string', description: 'Where the tarball lies, as it was registered.' },
    download: { type: ['string', 'null'], description: 'Where this service hands it out, if it keeps it.' },
    image_id: { type: ['string', 'null'] },
    digests: { type: 'array', items: { type: 'string' }, description: 'By which an engine may know the image.' },
    sha256: { type: ['string', 'null'], description: 'Of the tarball.' },
    size: { type: ['integer', 'null'] }
  }
}

/** Which architecture is asked for; undefined when none is. One that is sent empty is a mistake, and nothing is guessed. */
export function wantedOf (parameters: Parameters): Wanted | undefined {
  const [arch, fallback] = [parameters.text('arch'), parameters.text('fallback')]
  if (arch) return parseWanted(arch, fallback)
  return arch === undefined && !fallback ? undefined : archMissing(parameters)
}

/** The same, where there has to be one: which image a caller can run is never guessed. */
export function requiredWanted (parameters: Parameters): Wanted {
  return wantedOf(parameters) ?? archMissing(parameters)
}

function archMissing (parameters: Parameters): never {
  return parameters.missing('arch must be supplied: the architecture of the machine, as uname -m says it', 'arch')
}
