import type { Architecture } from './architecture.js'

const LONGEST_PART = 100
const UNIQUE_CHARACTERS = 8

/** A ULID in Crockford's base 32. */
const UPLOAD_ID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/

/** `containers/<slug>/<ulid>/<file>`; a ULID is 26 characters of Crockford's base 32. */
const KEY = /^containers\/[a-z0-9][a-z0-9._-]*\/([0-7][0-9A-HJKMNP-TV-Z]{25})\/([a-z0-9][A-Za-z0-9._-]*)$/

/** The same two last parts, of a url's path. */
const PLACE_IN_URL = /^[^?#]*\/([0-7][0-9A-HJKMNP-TV-Z]{25})\/([a-z0-9][A-Za-z0-9._-]*)(?:[?#]|$)/

/** The same two last parts anywhere in a text; a file's name ends in the last characters of its ULID (`tarballKey`). */
const PLACE_IN_TEXT = /([0-7][0-9A-HJKMNP-TV-Z]{17}([0-9A-HJKMNP-TV-Z]{8}))\/([a-z0-9][A-Za-z0-9._-]*?-\2\.tar(?:\.gz|\.zst)?)/g

const EXTENSIONS = { none: 'tar', gzip: 'tar.gz', zstd: 'tar.zst' } as const

/** What lies beside a tarball: its config, manifests and layers, as JSON. */
const FACTS = '.facts.json'

export interface TarballName {
  /** Of the container, e.g. `container-hello:1.0`. */
  readonly name: string
  readonly ulid: string
  /** The architecture it is sent for, or `image` where the image is to tell. */
  readonly label: Architecture | string
  readonly compression: keyof typeof EXTENSIONS
}

/** Which upload a key of the image store belongs to, and the file's name. */
export interface TarballPlace {
  readonly ulid: string
  readonly file: string
}

/**
 * The key under which a tarball is stored, new for every upload: readable, and of characters only that mean the same
 * in a path, in a url and in S3. The last part is unique by itself, since workers and `sds pkg` cache and copy by it
 * alone.
 */
export function tarballKey ({ name, ulid, label, compression }: TarballName): string {
  const colon = name.lastIndexOf(':')
  const hasTag = colon > name.lastIndexOf('/')
  const slug = plain(hasTag ? name.slice(0, colon) : name, 'container')
  const tag = plain(hasTag ? name.slice(colon + 1) : 'latest', 'latest')
  const file = [slug, tag, plain(label, 'image'), ulid.slice(-UNIQUE_CHARACTERS)].join('-')
  return `containers/${slug}/${ulid}/${file}.${EXTENSIONS[compression]}`
}

/** The place of a tarball or of its facts; undefined when no upload of ours makes such keys. */
export function placeOf (key: string): TarballPlace | undefined {
  return placeIn(KEY.exec(key))
}

/** Whether uploads of ours have such ids. */
export function isUploadId (text: string): boolean {
  return UPLOAD_ID.test(text)
}

/** The place that a url names if it is that of one of our tarballs: all forms of our urls end in `<ulid>/<file>`. */
export function placeInUrl (url: string): TarballPlace | undefined {
  return placeIn(PLACE_IN_URL.exec(url))
}

/** All that a text names, whatever stands around it. */
export function placesInText (text: string): TarballPlace[] {
  return [...text.matchAll(PLACE_IN_TEXT)].map(([, ulid = '', , file = '']) => ({ ulid, file }))
}

/**
 * The key that a url names if it is that of one of our tarballs. The form that leads through a service has no slug: the
 * key then has another one in its place, and its location is the same.
 */
export function keyInUrl (url: string): string | undefined {
  const key = `containers/${url.replace(/[?#].*/s, '').split('/').slice(-3).join('/')}`
  return placeOf(key) && key
}

export function factsKey (tarball: string): string {
  return `${tarball}${FACTS}`
}

/** The key of the tarball that the facts belong to; undefined for a key that is none of facts. */
export function tarballOfFacts (key: string): string | undefined {
  return key.endsWith(FACTS) ? key.slice(0, -FACTS.length) : undefined
}

function placeIn (match: RegExpExecArray | null): TarballPlace | undefined {
  const [, ulid, file] = match ?? []
  return ulid === undefined || file === undefined ? undefined : { ulid, file }
}

function plain (text: string, otherwise: string): string {
  const letters = text.toLowerCase().replace(/[^a-z0-9._-]+/g, '-').replace(/^[._-]+/, '').slice(0, LONGEST_PART)
  return letters.replace(/(?<![._-])[._-]+$/, '') || otherwise
}
