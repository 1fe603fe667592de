import fc from 'fast-check'

/** Of the containers; those of a run have its number besides. */
export const NAMES = ['container-a:1', 'container-b:1']

export const ARCHITECTURES = ['amd64', 'arm64', 's390x'] as const

/** So many different images there are of each architecture. */
export const IMAGES = 2

export type Architecture = typeof ARCHITECTURES[number]

/** What a client demands of the document that it changes: nothing, what it saw last, any, or that there is none. */
export type Demand = 'nothing' | 'last seen' | 'any' | 'absent'

/** What images are said to belong to. */
export interface Belonging {
  readonly build?: string
  readonly expect?: readonly Architecture[]
}

/** One request of a client; `replace` is somebody else's, who writes the document behind our back. */
export type Operation =
  | Urls & Belonging & { readonly kind: 'add' | 'merge', readonly name: string, readonly demand: Demand }
  | Upload
  | { readonly kind: 'detach', readonly name: string, readonly architecture: string, readonly demand: Demand }
  | { readonly kind: 'remove', readonly name: string, readonly demand: Demand }
  | { readonly kind: 'info' | 'pending', readonly name: string }
  | { readonly kind: 'abandon', readonly name: string, readonly build?: string, readonly version: string }
  /** The timer when every set has waited for too long. It is all names', whichever it says. */
  | { readonly kind: 'expire', readonly name: string }
  | Urls & { readonly kind: 'replace', readonly name: string }

/** A tarball of one of the images of that architecture. */
export interface Upload extends Belonging {
  readonly kind: 'upload'
  readonly name: string
  readonly architecture: Architecture
  readonly image: number
  readonly version: string
  readonly mode: 'replace' | 'merge'
  readonly demand: Demand
}

export interface Urls {
  readonly urls: Readonly<Record<string, string>>
  readonly version: string
}

export interface OperationOptions {
  /** Whether somebody else writes as well. */
  readonly foreign: boolean
  /** Whether images belong to builds and sets. */
  readonly sets: boolean
}

const name: fc.Arbitrary<string> = fc.constantFrom(...NAMES)
const architecture = fc.constantFrom(...ARCHITECTURES)
const change = fc.constantFrom<Demand>('nothing', 'nothing', 'nothing', 'last seen', 'any')
const creation = fc.oneof({ weight: 4, arbitrary: change }, { weight: 1, arbitrary: fc.constant<Demand>('absent') })
const build = fc.constantFrom('7', '7', '8', '8', '9')
const expect = fc.constantFrom<readonly Architecture[]>(['amd64', 'arm64'], ['amd64', 'arm64'], ['arm64', 's390x'], ARCHITECTURES)

const NOTHING: fc.Arbitrary<Belonging> = fc.constant({})

const belonging = fc.oneof(
  { weight: 2, arbitrary: NOTHING },
  { weight: 3, arbitrary: fc.record({ build }) },
  { weight: 7, arbitrary: fc.record({ build, expect }) },
  { weight: 2, arbitrary: fc.record({ expect }) }
)

/** The end of a url of two that others send as well, so that repeats occur, or of one that has one sender. */
const path = fc.oneof(fc.constantFrom('0', '1'), fc.uuid())

const paths = fc.dictionary(architecture, path, { minKeys: 1, maxKeys: 2, noNullPrototype: true })

/** The build that a url says it was sent with. */
export function buildInUrl (url: string): string | undefined {
  const [, build] = /^s3:\/\/b\/([^/]+)\//.exec(url) ?? []
  return build === '-' ? undefined : build
}

/** Any request of those. */
export function operations ({ foreign, sets }: OperationOptions): fc.Arbitrary<Operation> {
  const when = (used: boolean, weight: number) => used ? weight : 0
  const version = fc.constantFrom('1', ...sets ? ['1', '1', '1', '1', '1'] : [], '2')
  const of = sets ? belonging : NOTHING
  const placed = sets ? fc.oneof(NOTHING, fc.record({ build })) : NOTHING
  return fc.oneof(
    { weight: 2, arbitrary: withUrls(fc.record({ kind: fc.constant('add' as const), name, version, demand: creation }), placed) },
    { weight: sets ? 9 : 6, arbitrary: withUrls(fc.record({ kind: fc.constant('merge' as const), name, version, demand: creation }), of) },
    { weight: 3, arbitrary: upload(version, of) },
    { weight: sets ? 1 : 3, arbitrary: fc.record({ kind: fc.constant('detach' as const), name, architecture, demand: change }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove' as const), name, demand: change }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('info' as const), name }) },
    { weight: when(sets, 1), arbitrary: fc.record({ kind: fc.constant('pending' as const), name }) },
    { weight: when(sets, 1), arbitrary: fc.record({ kind: fc.constant('abandon' as const), name, version, build }, { requiredKeys: ['kind', 'name', 'version'] }) },
    { weight: when(sets, 1), arbitrary: fc.record({ kind: fc.constant('expire' as const), name }) },
    { weight: when(foreign, 1), arbitrary: withUrls(fc.record({ kind: fc.constant('replace' as const), name, version }), NOTHING) }
  )
}

function withUrls<Request> (request: fc.Arbitrary<Request>, of: fc.Arbitrary<Belonging>): fc.Arbitrary<Request & Belonging & Pick<Urls, 'urls'>> {
  return fc.tuple(request, of, paths).map(([request, belonging, paths]) => {
    const urls = Object.entries(paths).map(([architecture, path]) => [architecture, `s3://b/${belonging.build ?? '-'}/${path}`])
    return { ...request, ...belonging, urls: Object.fromEntries(urls) as Urls['urls'] }
  })
}

function upload (version: fc.Arbitrary<string>, of: fc.Arbitrary<Belonging>): fc.Arbitrary<Upload> {
  const request = fc.record({
    kind: fc.constant('upload' as const),
    name,
    architecture,
    image: fc.nat(IMAGES - 1),
    version,
    mode: fc.constantFrom('replace', 'merge', 'merge', 'merge'),
    demand: creation
  })
  // What replaces everything is the whole already.
  return fc.tuple(request, of).map(([request, { build, expect }]) =>
    ({ ...request, ...build !== undefined && { build }, ...expect !== undefined && request.mode === 'merge' && { expect } }))
}
