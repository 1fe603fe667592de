import type { Random } from '../../random.js'
import { OCI_INDEX, OCI_MANIFEST } from './sample-layout.js'

type Json = Record<string, unknown> | unknown[]

const KEYS = [
  'Architecture', 'architecture', 'os', 'OS', 'variant', 'rootfs', 'history', 'created', 'config', 'Config', 'layers',
  'Layers', 'RepoTags', 'manifests', 'mediaType', 'MediaType', 'digest', 'size', 'urls', 'platform', 'annotations',
  'schemaVersion', 'data', 'artifactType', 'subject', 'fsLayers', 'LayerSources', 'Parent'
]

const VALUES: readonly unknown[] = [
  null, true, 0, -1, 2, 1.5, '', 'x', 'amd64', 'arm64', 'linux', 'unknown', [], {}, [{}], [null],
  OCI_INDEX, OCI_MANIFEST,
  'application/vnd.oci.image.layer.v1.tar', 'application/vnd.docker.distribution.manifest.v2+json',
  { architecture: 'amd64', os: 'linux' }, { architecture: 'unknown', os: 'unknown' },
  { 'vnd.docker.reference.type': 'attestation-manifest' }, { 'io.containerd.image.name': 'docker.io/library/n:1' }
]

/** A document in which something is another value, is gone, is there twice or is spelt in another way. */
export function rearrangedJson (document: unknown, random: Random): unknown {
  const copy = structuredClone(document) as Json
  const place = random.pick(containers(copy))
  if (Array.isArray(place)) changeList(place, random)
  else changeObject(place, random)
  return copy
}

/** The text of a document as no program writes it, and as not all read it. */
export function rearrangedText (text: string, random: Random): string {
  return random.pick<(text: string) => string>([
    text => text,
    text => text.replaceAll(/:(\d+)/g, random.pick([':$1.0', ':$1e0', ':-$1', ':0$1', ': $1'])),
    text => text.replace(/"(\w)(\w*)":/, (_, first: string, rest: string) => (
      `"\\u00${first.charCodeAt(0).toString(16)}${rest}":`)),
    text => random.pick([' ', '\n', '\ufeff', '']) + text + random.pick([' ', '\n', '{}', '\0']),
    text => text.replace('{', `{${JSON.stringify(random.pick(KEYS))}:${JSON.stringify(random.pick(VALUES))},`),
    text => text.replaceAll('"', random.pick(['"', "'"]))
  ])(text)
}

function containers (value: unknown): Json[] {
  if (typeof value !== 'object' || value === null) return []
  return [value as Json, ...Object.values(value).flatMap(containers)]
}

function changeList (list: unknown[], random: Random): void {
  const at = random.below(list.length + 1)
  random.pick<() => void>([
    () => list.splice(at, 1),
    () => list.splice(at, 0, list[random.below(list.length)]),
    () => list.splice(at, 0, random.pick(VALUES)),
    () => list.reverse()
  ])()
}

function changeObject (object: Record<string, unknown>, random: Random): void {
  const keys = Object.keys(object)
  const key = keys.length > 0 ? random.pick(keys) : 'x'
  random.pick<() => void>([
    () => { Reflect.deleteProperty(object, key) },
    () => { object[key] = random.pick(VALUES) },
    () => { object[random.pick(KEYS)] = random.pick(VALUES) },
    () => { object[random.pick(KEYS)] = object[key] },
    () => { object[key.toUpperCase()] = object[key] },
    // Go folds the long s and the Kelvin sign.
    () => { object[key.replace('s', '\u017f').replace('k', '\u212a')] = object[key] }
  ])()
}
