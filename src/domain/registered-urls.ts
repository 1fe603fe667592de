import { compareArchitectures, machineName, parseArchitecture, publishedKeys, type Architecture } from './architecture.js'
import { parseImageUrl } from './image-url.js'
import { parseJson } from './json-text.js'
import { pythonJson } from './python-json.js'
import { quoted } from './quoted.js'

/** What keeps workers from finding an image that a document means to name. */
export interface UrlFlaw {
  readonly code: 'URL_EMPTY' | 'URL_UNUSABLE' | 'URLS_UNREADABLE' | 'ENTRY_UNUSABLE' | 'SPELLINGS_DISAGREE' |
  'SPELLING_MISSING' | 'FALLBACK_WRONG' | 'IMAGES_MISSING'
  readonly message: string
}

interface Member {
  readonly key: string
  readonly json: string
  /** Absent where key or value is not understood; such a member is kept as it is. */
  readonly entry?: { readonly architecture: Architecture, readonly url: string }
}

const AMD64 = parseArchitecture('amd64')

/**
 * Where the images of a stored document are, whoever wrote it: what is understood of its `url` and `urls`, nothing
 * guessed. Immutable. A document with `url` alone is one of before there were several architectures: that is amd64's.
 */
export class RegisteredUrls {
  readonly flaws: readonly UrlFlaw[]
  readonly #text: string | undefined
  readonly #members: readonly Member[]
  readonly #urls: ReadonlyMap<Architecture, string>

  private constructor (
    members: readonly Member[], urls: ReadonlyMap<Architecture, string>, text?: string, flaws: readonly UrlFlaw[] = []
  ) {
    this.#members = members
    this.#urls = urls
    this.#text = text
    this.flaws = flaws
  }

  /** Reads the two fields of a document, whatever they hold. */
  static of ({ url, urls }: { readonly url?: unknown, readonly urls?: unknown }): RegisteredUrls {
    const flaws: UrlFlaw[] = []
    const members = readMembers(urls, flaws)
    const found = agree(members, flaws)
    const legacy = usable(url) ? url : undefined
    if (members.length === 0 && legacy !== undefined) found.set(AMD64, legacy)
    const isLone = members.length === 0
    flaws.push(...fallbackFlaws(url, legacy, isLone ? legacy : found.get(AMD64)))
    if (found.size === 0) flaws.push({ code: 'IMAGES_MISSING', message: 'it names no image that a worker could load' })
    return new RegisteredUrls(members, found, isLone || typeof urls !== 'string' ? undefined : urls, flaws)
  }

  /** `amd64`, `arm64`, then the others alphabetically. */
  get architectures (): readonly Architecture[] {
    return [...this.#urls.keys()].sort(compareArchitectures)
  }

  get (architecture: Architecture): string | undefined {
    return this.#urls.get(architecture)
  }

  /** What `url` has to be: where workers load from that know nothing of architectures, or find no entry of theirs. */
  get fallback (): string | null {
    return this.#urls.get(AMD64) ?? null
  }

  /** Whether the document tells no architectures apart: it has no `urls`, or one that says nothing. */
  get isLegacy (): boolean {
    return this.#members.length === 0
  }

  /** These urls for these architectures, the others as they are. */
  with (urls: ReadonlyMap<Architecture, string>): RegisteredUrls {
    return this.#changed(new Map([...this.#urls, ...urls]))
  }

  without (architecture: Architecture): RegisteredUrls {
    const urls = new Map(this.#urls)
    urls.delete(architecture)
    return this.#changed(urls)
  }

  /** The JSON text to store as `urls`; the one that was read, byte for byte, where it says all of it already. */
  get text (): string {
    return this.#text ?? pythonJson(`{${this.#members.map(({ key, json }) => `${JSON.stringify(key)}:${json}`).join()}}`)
  }

  /** Every member of an architecture gets its url, what is not understood stays, missing published keys come last. */
  #changed (urls: ReadonlyMap<Architecture, string>): RegisteredUrls {
    const members = new Map<string, Member>()
    for (const member of this.#members) {
      const url = member.entry && urls.get(member.entry.architecture)
      if (member.entry === undefined) members.set(member.key, member)
      else if (url !== undefined) members.set(member.key, memberOf(member.key, member.entry.architecture, url))
    }
    for (const architecture of [...urls.keys()].sort(compareArchitectures)) {
      const url = urls.get(architecture)!
      for (const key of publishedKeys(architecture)) members.set(key, memberOf(key, architecture, url))
    }
    const printed = [...members.values()]
    return new RegisteredUrls(printed, urls, same(printed, this.#members) ? this.#text : undefined)
  }
}

function memberOf (key: string, architecture: Architecture, url: string): Member {
  return { key, json: JSON.stringify(url), entry: { architecture, url } }
}

function same (some: readonly Member[], others: readonly Member[]): boolean {
  return some.length === others.length &&
    some.every(({ key, entry, json }, at) => key === others[at]!.key && (entry?.url ?? json) === (others[at]!.entry?.url ?? others[at]!.json))
}

function readMembers (urls: unknown, flaws: UrlFlaw[]): Member[] {
  if (urls === undefined || urls === null || urls === '') return []
  const isText = typeof urls === 'string'
  // An object that is not printed as text is what it says for workers, but not for sds pkg.
  if (!isText) flaws.push(unreadable('it is not a text'))
  const text = isText ? urls : JSON.stringify(urls)
  const plain = plainMembers(text)
  if (plain !== undefined) return plain.map(([key, url]) => readMember(key, JSON.stringify(url), url, flaws))
  try {
    const node = parseJson(text)
    if (node.kind !== 'an object') throw new SyntaxError(`it is ${node.kind}`)
    // Of a repeated key the last counts, as everywhere in Python.
    return [...new Map(node.members)].map(([key, value]) => readMember(key, value.text, value.string, flaws))
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    if (isText) flaws.push(unreadable(error.message))
    return []
  }
}

function unreadable (why: string): UrlFlaw {
  return { code: 'URLS_UNREADABLE', message: `urls is not the JSON text of an object: ${why}` }
}

/** The members of an object of texts, which is what nearly all are; of one in which something else could be lost none. */
function plainMembers (text: string): ReadonlyArray<readonly [key: string, url: string]> | undefined {
  try {
    const value = JSON.parse(text) as unknown
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    const members = Object.entries(value)
    // Keys that are numbers, as 386 is, come first whatever their place in the text.
    return members.every(([key, url]) => typeof url === 'string' && !/^\d+$/.test(key)) ? members : undefined
  } catch {
    return undefined
  }
}

function readMember (key: string, json: string, url: string | undefined, flaws: UrlFlaw[]): Member {
  const architecture = architectureOf(key)
  if (architecture !== undefined && usable(url)) return { key, json, entry: { architecture, url } }
  flaws.push({
    code: 'ENTRY_UNUSABLE',
    message: architecture === undefined
      ? `urls has the key ${quoted(key)}, which is no architecture`
      : `urls.${key} is no url with a file name`
  })
  return { key, json }
}

/** One url an architecture: where the spellings disagree, the one that a Linux worker finds by its machine's name. */
function agree (members: readonly Member[], flaws: UrlFlaw[]): Map<Architecture, string> {
  const urls = new Map<Architecture, string>()
  for (const { entry } of members) if (entry) urls.set(entry.architecture, entry.url)
  for (const architecture of urls.keys()) {
    const spelled = members.filter(({ entry }) => entry?.architecture === architecture)
    const found = spelled.find(({ key }) => key === machineName(architecture))
    if (found?.entry) urls.set(architecture, found.entry.url)
    else flaws.push({ code: 'SPELLING_MISSING', message: `workers do not find ${architecture}, since urls has no key ${machineName(architecture)}` })
    if (new Set(spelled.map(({ entry }) => entry?.url)).size > 1) {
      flaws.push({ code: 'SPELLINGS_DISAGREE', message: `urls names several images for ${architecture}, as ${spelled.map(({ key }) => key).join(', ')}` })
    }
  }
  return urls
}

function fallbackFlaws (url: unknown, usableUrl: string | undefined, amd64: string | undefined): UrlFlaw[] {
  if (url === '') return [{ code: 'URL_EMPTY', message: 'url is empty: a worker takes its cache directory for the tarball' }]
  if (url === undefined || url === null) {
    return amd64 === undefined ? [] : [{ code: 'FALLBACK_WRONG', message: 'url is null, though there is an image for amd64' }]
  }
  if (usableUrl === undefined) return [{ code: 'URL_UNUSABLE', message: 'url is no url with a file name' }]
  return usableUrl === amd64 ? [] : [{ code: 'FALLBACK_WRONG', message: 'url is not the image for amd64 that urls names' }]
}

function architectureOf (key: string): Architecture | undefined {
  try {
    return parseArchitecture(key)
  } catch {
    return undefined
  }
}

function usable (url: unknown): url is string {
  if (typeof url !== 'string') return false
  try {
    parseImageUrl('url', url)
    return true
  } catch {
    return false
  }
}
