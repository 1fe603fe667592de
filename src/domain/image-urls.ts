import { LeporelloError } from '../errors.js'
import { assumptionOf, compareArchitectures, parseArchitecture, publishedKeys } from './architecture.js'
import type { Architecture } from './architecture.js'
import { parseImageUrl } from './image-url.js'
import { parseJson } from './json-text.js'
import type { JsonNode } from './json-text.js'
import { pythonJson } from './python-json.js'
import { quoted } from './quoted.js'
import { withoutUserinfo } from './userinfo.js'

const LONGEST_TEXT_BYTES = 64 * 1024

interface Entry {
  readonly key: string
  readonly architecture: Architecture
  readonly url: string
}

/** Where a container's image is for each architecture: one url each, however many keys spell it. Immutable. */
export class ImageUrls {
  /**
   * The JSON text to store and to serve as `urls`. HySDS workers look up `platform.machine().lower()` in it and
   * nothing else, so every published key of each architecture is there, after the keys that were sent. A text that
   * has them all is the sender's byte for byte, any other is printed as Python's `json.dumps` does.
   */
  readonly text: string
  /** What was assumed of keys that systems read differently, a sentence each. */
  readonly assumptions: readonly string[]
  readonly #urls: ReadonlyMap<Architecture, string>

  private constructor (text: string, urls: ReadonlyMap<Architecture, string>, assumptions: readonly string[]) {
    this.text = text
    this.#urls = urls
    this.assumptions = assumptions
  }

  /**
   * Reads the `urls` parameter: the text of a JSON object from spellings of architectures to urls, up to 64 KiB.
   *
   * @throws LeporelloError that names the key: `URLS_INVALID`, `URL_INVALID`, `ARCHITECTURE_UNKNOWN` or
   * `ARCHITECTURE_AMBIGUOUS`.
   */
  static parse (text: string): ImageUrls {
    const entries = readObject(text).members.map(([key, value]) => readEntry(key, value))
    if (entries.length === 0) throw invalid('urls has no entry; it needs one for each architecture')
    const urls = agree(entries)
    const assumptions = entries.flatMap(({ key }) => assumptionOf(key) ?? [])
    return new ImageUrls(complete(text, entries, urls), urls, assumptions)
  }

  /** Under all published keys of each architecture, in the order of `architectures`. */
  static of (urls: ReadonlyMap<Architecture, string>): ImageUrls {
    const members = [...urls.keys()].sort(compareArchitectures).flatMap(architecture =>
      publishedKeys(architecture).map((key): [string, string] => [key, urls.get(architecture)!]))
    return new ImageUrls(printMembers(members), urls, [])
  }

  /** `amd64`, `arm64`, then the others alphabetically. */
  get architectures (): readonly Architecture[] {
    return [...this.#urls.keys()].sort(compareArchitectures)
  }

  get (architecture: Architecture): string | undefined {
    return this.#urls.get(architecture)
  }

  get amd64 (): string | undefined {
    return this.#urls.get(parseArchitecture('amd64'))
  }
}

function readObject (text: string): JsonNode {
  const bytes = Buffer.byteLength(text)
  if (bytes > LONGEST_TEXT_BYTES) throw invalid(`urls is ${bytes} bytes long; it may have ${LONGEST_TEXT_BYTES}`)
  const node = parse(text)
  if (node.kind !== 'an object') throw invalid(`urls must be a JSON object, not ${node.kind}`)
  return node
}

function parse (text: string): JsonNode {
  try {
    return parseJson(text)
  } catch (error) {
    if (error instanceof SyntaxError) throw invalid(`urls is not valid JSON: ${error.message}`)
    throw error
  }
}

function readEntry (key: string, value: JsonNode): Entry {
  const architecture = readKey(key)
  const url = value.string
  if (url === undefined) throw invalid(`urls.${key} must be a url in a string, not ${value.kind}`, { key })
  return { key, architecture, url: parseImageUrl(`urls.${key}`, url) }
}

function readKey (key: string): Architecture {
  try {
    return parseArchitecture(key)
  } catch (error) {
    if (!(error instanceof LeporelloError)) throw error
    const details = { ...error.details, key: withoutUserinfo(key) }
    throw new LeporelloError(error.code, `urls has a wrong key: ${error.message}`, { details })
  }
}

/** One url for each architecture, since a worker takes whichever key its machine is called by. */
function agree (entries: readonly Entry[]): ReadonlyMap<Architecture, string> {
  const first = new Map<Architecture, Entry>()
  for (const entry of entries) {
    const known = first.get(entry.architecture)
    if (known === undefined) first.set(entry.architecture, entry)
    else if (known.url !== entry.url) throw disagreement(known, entry)
  }
  return new Map([...first].map(([architecture, { url }]) => [architecture, url]))
}

function disagreement (a: Entry, b: Entry): LeporelloError {
  const urls = [withoutUserinfo(a.url), withoutUserinfo(b.url)] as const
  const keys = a.key === b.key
    ? `urls has the key ${a.key} twice`
    : `urls has the keys ${a.key} and ${b.key}, which both mean ${a.architecture},`
  return invalid(`${keys} with different urls: ${quoted(urls[0])} and ${quoted(urls[1])}`,
    { key: b.key, keys: [a.key, b.key], architecture: a.architecture, urls })
}

function complete (text: string, entries: readonly Entry[], urls: ReadonlyMap<Architecture, string>): string {
  const members = new Map(entries.map(({ key, url }) => [key, url]))
  const sent = members.size
  for (const [architecture, url] of urls) {
    for (const key of publishedKeys(architecture)) members.set(key, url)
  }
  if (members.size === sent) return text
  return printMembers([...members])
}

function printMembers (members: ReadonlyArray<readonly [string, string]>): string {
  return pythonJson(`{${members.map(member => member.map(part => JSON.stringify(part)).join(':')).join(',')}}`)
}

function invalid (message: string, details: Readonly<Record<string, unknown>> = {}): LeporelloError {
  return new LeporelloError('URLS_INVALID', message, { details })
}
