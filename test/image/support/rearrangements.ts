import type { Random } from '../../random.js'
import { rearrangedJson, rearrangedText } from './rearranged-json.js'
import { craneArchive, hex, oldDockerArchive, podmanArchive } from './sample-image.js'
import type { SampleImage } from './sample-image.js'
import { blob, descriptor, hybridArchive, layoutBlobs, OCI_INDEX, OCI_MANIFEST, ociArchive } from './sample-layout.js'
import { field, gnuName, pax } from './tar-writer.js'
import type { EntrySpec } from './tar-writer.js'

const AMD64 = { architecture: 'amd64', os: 'linux' }
const TYPES = ['\0', '0', '1', '2', '3', '5', '6', '7', 'g', 'x', 'L', 'K', 'S', 'V']
const MAGICS = ['ustar\x0000', 'ustar  \0', '\0'.repeat(8), 'ustar\x0099']

/** An archive whose parts are sound, put together as none of the programs that save images does it. */
export function rearranged (image: SampleImage, other: SampleImage, random: Random): EntrySpec[] {
  const sometimes = (change: (document: unknown) => unknown) => (document: unknown): unknown => (
    random.below(4) === 0 ? change(document) : document)
  const json = sometimes(document => rearrangedJson(document, random))
  const first = { ...image, config: Buffer.from(JSON.stringify(json(JSON.parse(image.config.toString())))) }
  const nested = random.below(2) === 0
  const options = { manifest: json, descriptor: json, ...nested && { platform: AMD64 } }
  let entries = random.pick([
    () => podmanArchive(first), () => oldDockerArchive(first), () => craneArchive(first),
    () => ociArchive(first, options), () => hybridArchive(first, options)
  ])()
  if (random.below(2) === 0) entries = together(entries, other, random)
  if (nested) entries = inAnIndex(entries)
  entries = entries.map(spec => /^(manifest|index)\.json$/.test(spec.name) ? changedDocument(spec, random) : spec)
  for (let count = random.below(4); count > 0; count--) entries = changedEntries(entries, random)
  return entries
}

/** The entries of another image as well, and it in the documents where they are. */
function together (entries: readonly EntrySpec[], other: SampleImage, random: Random): EntrySpec[] {
  const { blobs, manifest } = layoutBlobs(other)
  const more = [...blobs, ...podmanArchive(other).slice(0, -2)]
    .filter(({ name }) => random.below(8) > 0 && !entries.some(spec => spec.name === name))
  const another = rearrangedJson(descriptor(manifest, OCI_MANIFEST, { platform: AMD64 }), random)
  const documents = {
    'index.json': (document: { manifests: unknown[] }) => document.manifests.splice(random.below(2), 0, another),
    'manifest.json': (document: { Layers: string[], Config: string }[]) => {
      if (random.below(2) === 0) document.push({ Config: `${hex(other.config)}.json`, Layers: [] })
    }
  }
  return [...more, ...entries.map(spec => {
    const change = documents[spec.name as keyof typeof documents] as ((document: unknown) => void) | undefined
    if (change === undefined) return spec
    const document: unknown = JSON.parse(String(spec.content))
    change(document)
    return { ...spec, content: JSON.stringify(document) }
  })]
}

function inAnIndex (entries: readonly EntrySpec[]): EntrySpec[] {
  const index = entries.find(({ name }) => name === 'index.json')
  if (index === undefined) return [...entries]
  const outer = { schemaVersion: 2, manifests: [descriptor(String(index.content), OCI_INDEX)] }
  return [
    blob(String(index.content)),
    ...entries.map(spec => spec === index ? { ...spec, content: JSON.stringify(outer) } : spec)
  ]
}

function changedDocument (spec: EntrySpec, random: Random): EntrySpec {
  const text = random.below(4) === 0
    ? JSON.stringify(rearrangedJson(JSON.parse(String(spec.content)), random))
    : String(spec.content)
  return { ...spec, content: random.below(4) === 0 ? rearrangedText(text, random) : text }
}

function changedEntries (entries: readonly EntrySpec[], random: Random): EntrySpec[] {
  const at = random.below(entries.length)
  const spec = entries[at]!
  const other = random.pick(entries)
  const instead = (...specs: readonly EntrySpec[]): EntrySpec[] => entries.toSpliced(at, 1, ...specs)
  return random.pick<() => EntrySpec[]>([
    () => instead(),
    () => instead(spec, other),
    () => instead(...spellings(spec, random)),
    () => instead({ ...spec, content: other.content ?? '' }),
    () => instead({ ...spec, type: random.pick(TYPES), link: random.pick(['', other.name, `../${other.name}`]) }),
    () => instead({ ...spec, magic: random.pick(MAGICS) }),
    () => instead({ ...spec, magic: random.pick(MAGICS), prefix: random.pick(['.', 'x', other.name]) }),
    () => instead({ ...spec, spoil: field(random.below(512), Buffer.from([random.below(256)])) }),
    () => instead(extension(spec, other, random), spec),
    () => instead(extension(spec, other, random), extension(other, spec, random), spec)
  ])()
}

function spellings (spec: EntrySpec, random: Random): EntrySpec[] {
  const { name } = spec
  return random.pick<EntrySpec[]>([
    [{ ...spec, name: random.pick([`./${name}`, `${name}/`, `.//${name}`, `/${name}`, `x/../${name}`]) }],
    [{ ...spec, name: name.toUpperCase() }],
    [pax({ path: name }), { ...spec, name: 'short' }],
    [gnuName(name), { ...spec, name: 'short' }],
    [gnuName(`./${name}`), { ...spec, name: 'short' }]
  ])
}

function extension (spec: EntrySpec, other: EntrySpec, random: Random): EntrySpec {
  const name = random.pick([spec.name, other.name, 'x'])
  return random.pick([
    pax({ path: name }), pax({ path: name }, 'g'), gnuName(name), gnuName(name, 'K'), pax({ linkpath: name }),
    pax({ comment: 'x' }), pax({ comment: 'x' }, 'g'), pax({ size: String(spec.content?.length ?? 0) }),
    pax({ size: '0' }), pax({ mtime: random.pick(['1.5', 'x']) }), pax({ 'GNU.sparse.name': name })
  ])
}
