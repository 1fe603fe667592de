import { compareArchitectures, type Architecture } from './architecture.js'
import { addedDocument, type Change, type Container, type ShownSet } from './container.js'
import { entityTagOf, type EntityTag } from './entity-tag.js'
import { imageRecordsOf, type ImageRecord } from './image-record.js'
import { parseJson } from './json-text.js'
import { RegisteredUrls } from './registered-urls.js'

/** What a change puts in place of fields; undefined removes one. */
export type FieldChanges = Readonly<Record<string, unknown>>

/**
 * A container's stored document, whoever wrote it. Immutable. Fields that a change does not concern keep their text,
 * digits and order included.
 */
export class ContainerDocument {
  #fields: ReadonlyMap<string, string> | undefined
  #json: string | undefined
  #values: Readonly<Record<string, unknown>> | undefined
  #tag: EntityTag | undefined
  #urls: RegisteredUrls | undefined
  #records: ReadonlyMap<Architecture, ImageRecord> | undefined

  private constructor (said: { readonly json: string } | { readonly fields: ReadonlyMap<string, string> }) {
    if ('json' in said) this.#json = said.json
    else this.#fields = said.fields
  }

  /** Reads a stored document (JSON text of an object). */
  static parse (json: string): ContainerDocument {
    // Somebody else's may be on several lines, and what is written must be on one.
    return new ContainerDocument({ json: /[\r\n]/.test(json) ? parseJson(json).compact() : json })
  }

  /** What the first image of a new container is merged into: Mozart's fields in Mozart's order, and nothing in them. */
  static empty (id: string): ContainerDocument {
    return ContainerDocument.parse(JSON.stringify({ id, digest: '', url: null, version: '' }))
  }

  /** A plain add over what is there: it replaces the whole document, see `addedDocument`. */
  static added (
    container: Container, current: ContainerDocument | undefined, change: Change, shown?: ShownSet
  ): ContainerDocument {
    const json = addedDocument(container, current?.json, change, shown)
    return json === current?.json ? current : ContainerDocument.parse(json)
  }

  /** The text to store, on one line: the very one that was read where nothing has changed. */
  get json (): string {
    this.#json ??= `{${Array.from(this.#members, ([key, text]) => `${JSON.stringify(key)}:${text}`).join()}}`
    return this.#json
  }

  get tag (): EntityTag {
    this.#tag ??= entityTagOf(this.json)
    return this.#tag
  }

  /** The text of a field; undefined when there is none, or it holds something else. */
  text (field: string): string | undefined {
    const value = this.#value(field)
    return typeof value === 'string' ? value : undefined
  }

  /** The build whose images it shows, if they belong to one. */
  get build (): string | undefined {
    return this.text('build')
  }

  /** The id of the last set that was written into it; every write of ours keeps it. */
  get set (): string | undefined {
    return this.text('set')
  }

  get urls (): RegisteredUrls {
    this.#urls ??= RegisteredUrls.of({ url: this.#value('url'), urls: this.#value('urls') })
    return this.#urls
  }

  /** What is known of its images. */
  get records (): ReadonlyMap<Architecture, ImageRecord> {
    this.#records ??= new Map(imageRecordsOf(this.#value('images'), architecture => this.urls.get(architecture))
      .reverse().map(record => [record.architecture, record]))
    return this.#records
  }

  /** The version that an architecture's image was registered with. */
  versionOf (architecture: Architecture): string | undefined {
    return this.records.get(architecture)?.version ?? this.text('version')
  }

  /** Each architecture's own version, where they are not all the same. */
  get differingVersions (): ReadonlyMap<Architecture, string | undefined> {
    const versions = new Map(this.urls.architectures.map(architecture => [architecture, this.versionOf(architecture)]))
    return new Set(versions.values()).size > 1 ? versions : new Map()
  }

  /** With these fields and images instead, and who and when, unless that would change nothing: then it is this one. */
  changed (fields: FieldChanges, urls: RegisteredUrls, records: ReadonlyMap<Architecture, ImageRecord>, { at, by }: Change): ContainerDocument {
    const next = new Map(this.#members)
    const images = [...records.values()].sort((a, b) => compareArchitectures(a.architecture, b.architecture))
    const changes = { ...fields, url: urls.fallback, urls: urls.text, images: images.length === 0 ? undefined : images }
    for (const [key, value] of Object.entries(changes)) {
      if (value === undefined) next.delete(key)
      else if (!this.#says(key, value)) next.set(key, JSON.stringify(value))
    }
    if (next.size === this.#members.size && [...next].every(([key, text]) => this.#members.get(key) === text)) return this
    next.delete('updated_at')
    next.delete('updated_by')
    next.set('updated_at', JSON.stringify(at.toISOString())).set('updated_by', JSON.stringify(by))
    return new ContainerDocument({ fields: next })
  }

  /** The JSON text of each field; of a document that is only handed on, never read. */
  get #members (): ReadonlyMap<string, string> {
    this.#fields ??= new Map(parseJson(this.#json!).members.map(([key, { text }]) => [key, text]))
    return this.#fields
  }

  #says (field: string, value: unknown): boolean {
    return JSON.stringify(this.#value(field)) === JSON.stringify(value)
  }

  #value (field: string): unknown {
    this.#values ??= JSON.parse(this.json) as Record<string, unknown>
    return Object.hasOwn(this.#values, field) ? this.#values[field] : undefined
  }
}
