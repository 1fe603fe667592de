import type { Deadline } from '../deadline.js'
import { parseDocumentId } from '../domain/document-id.js'
import { parseJson, type JsonNode } from '../domain/json-text.js'
import { RegisteredUrls } from '../domain/registered-urls.js'
import { chooseUrl, type Wanted } from '../domain/resolved-image.js'
import { LeporelloError } from '../errors.js'
import type { DocumentIndex } from '../ports/document-index.js'
import { isAnswer, type Resolution } from './resolution.js'

/** What a job needs of one of its images, in the names and forms that HySDS hands to a worker. JSON texts. */
export type JobImage = Readonly<Record<string, string>>

export interface ResolvedJob extends JobImage {
  /** A JSON list of what each dependency image needs. */
  readonly dependency_images: string
}

/** Each costs a document of the index and up to 64 KiB of the answer. */
const MOST_DEPENDENCIES = 100

/** An image that a job lacks. */
interface Missing {
  readonly container_image_name: string
  readonly code: string
  readonly message: string
  readonly available?: unknown
}

type Members = ReadonlyMap<string, JsonNode>

/** A dependency image as the specification has it. */
interface Dependency {
  /** What a worker calls it; empty when the specification does not say. */
  readonly name: string
  /** Where it stands there. */
  readonly place: string
  readonly members: Members
}

/** What a job specification needs to run: its container's image and each dependency's, none of them guessed. */
export class JobResolution {
  readonly #index: DocumentIndex
  readonly #images: Resolution

  constructor ({ index, images }: { readonly index: DocumentIndex, readonly images: Resolution }) {
    this.#index = index
    this.#images = images
  }

  /** Rejects with `JOB_SPEC_UNKNOWN`; with the first thing that is missing, all of it in `missing`. */
  async resolve (id: string, wanted: Wanted | undefined, deadline: Deadline): Promise<ResolvedJob> {
    const spec = await this.#spec(id, deadline)
    const name = spec.get('container')?.string
    if (!name) throw new LeporelloError('CONTAINER_UNKNOWN', `the job spec ${id} names no container`, { details: { id } })
    const dependencies = dependenciesOf(id, spec.get('dependency_images'))
    const [own, ...others] = await Promise.allSettled([
      this.#registered('container', name, wanted, deadline),
      ...dependencies.map(dependency => this.#dependency(dependency, wanted, deadline))
    ])
    refuseMissing(id, [own, ...others], [name, ...dependencies.map(({ name }) => name)])
    const mappings = unlessNull(spec.get('imported_worker_files'))?.compact() ?? '{}'
    const images = others.map(image => printObject(value(image)))
    return { ...value(own), container_mappings: mappings, dependency_images: `[${images.join()}]` }
  }

  async #spec (id: string, deadline: Deadline): Promise<Members> {
    const stored = await this.#index.get('job_spec', id, deadline)
    if (stored === undefined) throw new LeporelloError('JOB_SPEC_UNKNOWN', `Failed to retrieve job_spec: ${id}`)
    return new Map(parseJson(stored.json).members)
  }

  async #registered (place: string, name: string, wanted: Wanted | undefined, deadline: Deadline): Promise<JobImage> {
    const { urls } = await this.#images.container(parseDocumentId(place, name), deadline)
    return imageOf(name, urls, wanted)
  }

  /** What the specification itself says of a dependency goes before the catalogue, as it does for workers. */
  async #dependency ({ name, place, members }: Dependency, wanted: Wanted | undefined, deadline: Deadline): Promise<JobImage> {
    if (name === '') throw new LeporelloError('CONTAINER_UNKNOWN', `${place} has no container_image_name`)
    const url = members.get('container_image_url')?.string || undefined
    const urls = textOf(members.get('container_image_urls'))
    const image = url === undefined && urls === undefined
      ? await this.#registered(place, name, wanted, deadline)
      : imageOf(name, RegisteredUrls.of({ url, urls }), wanted, { url, urls })
    // The rest, mappings and options among it, is the specification's.
    const rest = [...members].map(([key, node]): [string, string] => [key, node.compact()])
    return { ...Object.fromEntries(rest), ...image }
  }
}

/** @throws LeporelloError `CONTAINER_UNKNOWN` when it cannot be said which images they are, `TOO_LARGE` when they are too many. */
function dependenciesOf (id: string, sent: JsonNode | undefined): Dependency[] {
  const list = unlessNull(sent)
  if (list === undefined) return []
  if (list.kind !== 'a list') {
    throw new LeporelloError('CONTAINER_UNKNOWN', `dependency_images of the job spec ${id} must be a list, and is ${list.kind}`, { details: { id } })
  }
  const { items } = list
  if (items.length > MOST_DEPENDENCIES) {
    throw new LeporelloError('TOO_LARGE', `the job spec ${id} has ${items.length} dependency images; there may be ${MOST_DEPENDENCIES}`, { details: { id } })
  }
  return items.map((item, at) => {
    const members = new Map(item.members)
    return { name: members.get('container_image_name')?.string ?? '', place: `dependency_images[${at}]`, members }
  })
}

/** null says as little as absence. */
function unlessNull (node: JsonNode | undefined): JsonNode | undefined {
  return node?.kind === 'null' ? undefined : node
}

/** The text that a worker reads: the one that is there, or that of the object it reads as well. */
function textOf (urls: JsonNode | undefined): string | undefined {
  return urls?.kind === 'an object' ? urls.compact() : urls?.string || undefined
}

/** With an architecture there is one url, that architecture's own; without, what a worker chooses from. */
function imageOf (
  name: string, urls: RegisteredUrls, wanted: Wanted | undefined, said: { url?: string | undefined, urls?: string | undefined } = {}
): JobImage {
  if (urls.architectures.length === 0) throw imageMissing(name)
  const one = wanted && chooseUrl(name, urls, wanted)
  return {
    container_image_name: JSON.stringify(name),
    container_image_url: JSON.stringify(one?.url ?? said.url ?? urls.fallback),
    container_image_urls: JSON.stringify(one ? null : said.urls ?? (urls.isLegacy ? null : urls.text)),
    ...one && { architecture: JSON.stringify(one.architecture) }
  }
}

/** With neither url a worker would pull whatever has that name on the internet. */
function imageMissing (name: string): LeporelloError {
  return new LeporelloError('ARCHITECTURE_MISSING', `${name} has no image that a worker can load`, { details: { available: [] } })
}

/** All that is missing is said at once, and a failure that says nothing about the catalogue is that failure. */
function refuseMissing (id: string, images: ReadonlyArray<PromiseSettledResult<JobImage>>, names: readonly string[]): void {
  const missing: Missing[] = []
  for (const [at, image] of images.entries()) {
    if (image.status === 'fulfilled') continue
    const { reason } = image as { reason: unknown }
    if (!(reason instanceof LeporelloError) || !isAnswer(reason)) throw reason
    const { code, message, details: { available } } = reason
    missing.push({ container_image_name: names[at]!, code, message, ...available !== undefined && { available } })
  }
  const [first] = missing
  if (first === undefined) return
  const code = first.code === 'ARCHITECTURE_MISSING' ? first.code : 'CONTAINER_UNKNOWN'
  throw new LeporelloError(code, `the job spec ${id} lacks images: ${missing.map(({ message }) => message).join('; ')}`,
    { details: { id, missing } })
}

function value<T> (settled: PromiseSettledResult<T>): T {
  if (settled.status === 'rejected') throw settled.reason
  return settled.value
}

function printObject (members: JobImage): string {
  return `{${Object.entries(members).map(([key, text]) => `${JSON.stringify(key)}:${text}`).join()}}`
}
