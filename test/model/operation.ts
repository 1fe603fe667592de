import fc from 'fast-check'

export const NAMES = ['container-a:1', 'container-b:1'] as const

export const ARCHITECTURES = ['amd64', 'arm64', 's390x'] as const

/** So many different images there are of each architecture. */
export const BUILDS = 2

export type Name = typeof NAMES[number]

export type Architecture = typeof ARCHITECTURES[number]

/** What a client demands of the document that it changes: nothing, what it saw last, any, or that there is none. */
export type Demand = 'nothing' | 'last seen' | 'any' | 'absent'

/** One request of a client; `replace` is somebody else's, who writes the document behind our back. */
export type Operation =
  | { readonly kind: 'add' | 'merge', readonly name: Name, readonly urls: Urls, readonly version: string, readonly demand: Demand }
  | Upload
  | { readonly kind: 'detach', readonly name: Name, readonly architecture: string, readonly demand: Demand }
  | { readonly kind: 'remove', readonly name: Name, readonly demand: Demand }
  | { readonly kind: 'info', readonly name: Name }
  | { readonly kind: 'replace', readonly name: Name, readonly urls: Urls, readonly version: string }

/** A tarball of one of the images of that architecture, `build` says which. */
export interface Upload {
  readonly kind: 'upload'
  readonly name: Name
  readonly architecture: Architecture
  readonly build: number
  readonly version: string
  readonly mode: 'replace' | 'merge'
  readonly demand: Demand
}

export type Urls = Readonly<Record<string, string>>

const name = fc.constantFrom(...NAMES)
const architecture = fc.constantFrom(...ARCHITECTURES)
const version = fc.constantFrom('1', '2')
const change = fc.constantFrom<Demand>('nothing', 'nothing', 'nothing', 'last seen', 'any')
const creation = fc.oneof({ weight: 4, arbitrary: change }, { weight: 1, arbitrary: fc.constant<Demand>('absent') })

/** A url of two that others send as well, so that repeats occur, or one of its own, so that it has one sender. */
const url = fc.oneof(fc.constantFrom('s3://b/0', 's3://b/1'), fc.uuid().map(id => `s3://b/${id}`))

const urls = fc.dictionary(architecture, url, { minKeys: 1, maxKeys: 2, noNullPrototype: true })

const upload = fc.record({
  kind: fc.constant('upload' as const),
  name,
  architecture,
  build: fc.nat(BUILDS - 1),
  version,
  mode: fc.constantFrom('replace', 'merge', 'merge', 'merge'),
  demand: creation
})

/** Any request, `foreign` ones among them or not. */
export function operations (foreign: boolean): fc.Arbitrary<Operation> {
  return fc.oneof(
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('add' as const), name, urls, version, demand: creation }) },
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('merge' as const), name, urls, version, demand: creation }) },
    { weight: 3, arbitrary: upload },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('detach' as const), name, architecture, demand: change }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove' as const), name, demand: change }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('info' as const), name }) },
    { weight: foreign ? 1 : 0, arbitrary: fc.record({ kind: fc.constant('replace' as const), name, urls, version }) }
  )
}
