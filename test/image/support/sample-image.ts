import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { elf } from './elf.js'
import { tar } from './tar-writer.js'
import type { EntrySpec } from './tar-writer.js'

export const NAME = 'container-sample:1.0'

/** The parts of a small image that every format packs in its own way. */
export interface SampleImage {
  readonly config: Buffer
  readonly layers: readonly Buffer[]
}

export interface SampleOptions {
  readonly architecture?: string
  readonly variant?: string
  readonly os?: string
  /** Architectures of the binaries in it. */
  readonly binaries?: readonly string[]
  readonly layers?: readonly Buffer[]
  readonly diffIds?: readonly string[]
  /** Further fields of the config. */
  readonly config?: Readonly<Record<string, unknown>>
}

export function sampleImage (options: SampleOptions = {}): SampleImage {
  const { architecture = 'amd64', variant, os = 'linux', binaries = [architecture] } = options
  const layers = options.layers ?? [baseLayer(binaries), tar([{ name: 'etc/motd', content: 'hello\n' }])]
  const config = Buffer.from(JSON.stringify({
    architecture,
    ...variant !== undefined && { variant },
    os,
    config: { Cmd: ['/bin/hello'] },
    rootfs: { type: 'layers', diff_ids: options.diffIds ?? layers.map(digest) },
    history: [{ created_by: 'test' }],
    ...options.config
  }))
  return { config, layers }
}

/** A layer with one program for each architecture. */
export function baseLayer (binaries: readonly string[]): Buffer {
  return tar([
    { name: 'bin/', type: '5' },
    ...binaries.map((architecture, index) => ({ name: `bin/program${index}`, content: elf(architecture) })),
    { name: 'bin/sh', type: '2', link: 'program0' },
    { name: 'usr/share/text', content: 'text '.repeat(1000) }
  ])
}

/** As podman and skopeo save a docker archive. */
export function podmanArchive ({ config, layers }: SampleImage, name = NAME): EntrySpec[] {
  const files = layers.map(layer => `${hex(layer)}.tar`)
  return [
    ...[...new Set(files)].map(file => ({ name: file, content: layers[files.indexOf(file)]! })),
    { name: `${hex(config)}.json`, content: config },
    ...layers.flatMap((layer, index) => legacyDirectory(`${index}`.padStart(64, 'a'), `../${hex(layer)}.tar`)),
    manifestJson([{ Config: `${hex(config)}.json`, RepoTags: [name], Layers: files }]),
    { name: 'repositories', content: '{}' }
  ]
}

/** As docker up to 24 saves: directories of version 1 ids, in lexical order, the same layer again by a link. */
export function oldDockerArchive ({ config, layers }: SampleImage): EntrySpec[] {
  const ids = layers.map((_, index) => `${index}`.padStart(64, 'b'))
  return [
    ...ids.flatMap((id, index) => {
      const first = layers.findIndex(layer => layer.equals(layers[index]!))
      return [
        { name: `${id}/`, type: '5' },
        { name: `${id}/VERSION`, content: '1.0' },
        { name: `${id}/json`, content: '{"architecture":"other","os":"linux"}' },
        first < index
          ? { name: `${id}/layer.tar`, type: '2', link: `../${ids[first]}/layer.tar` }
          : { name: `${id}/layer.tar`, content: layers[index]! }
      ]
    }),
    { name: `${hex(config)}.json`, content: config },
    manifestJson([{ Config: `${hex(config)}.json`, RepoTags: [NAME], Layers: ids.map(id => `${id}/layer.tar`) }]),
    { name: 'repositories', content: '{}' }
  ]
}

/** As crane saves: gzip layers, each once, a config named by its digest with the algorithm. */
export function craneArchive ({ config, layers }: SampleImage): EntrySpec[] {
  const blobs = layers.map(layer => gzipSync(layer))
  const names = blobs.map(blob => `${hex(blob)}.tar.gz`)
  return [
    { name: `sha256:${hex(config)}`, content: config },
    ...[...new Set(names)].map(name => ({ name, content: blobs[names.indexOf(name)]! })),
    manifestJson([{ Config: `sha256:${hex(config)}`, RepoTags: [NAME], Layers: names }])
  ]
}

/** As other builders save: names of their own, nothing but what `manifest.json` names. */
export function otherArchive ({ config, layers }: SampleImage): EntrySpec[] {
  const names = layers.map((_, index) => `layers/${index}/image-layer.tar`)
  return [
    manifestJson([{ Config: 'config.json', RepoTags: [NAME], Layers: names }]),
    { name: 'config.json', content: config },
    ...layers.map((content, index) => ({ name: names[index]!, content }))
  ]
}

export function manifestJson (content: unknown): EntrySpec {
  return { name: 'manifest.json', content: JSON.stringify(content) }
}

export function hex (bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex')
}

export function digest (bytes: Buffer | string): string {
  return `sha256:${hex(bytes)}`
}

function legacyDirectory (id: string, link: string): EntrySpec[] {
  return [
    { name: `${id}/layer.tar`, type: '2', link },
    { name: `${id}/VERSION`, content: '1.0' },
    { name: `${id}/json`, content: '{}' }
  ]
}
