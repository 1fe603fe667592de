import type {
  ContainerDocument, HistoryPage, PendingSet, Registered, Report, ResolvedImage, SearchPage, Shown, Warning
} from './answers.js'
import { bodyOf, envelopeOf, refusalOf, type Envelope } from './answer-text.js'
import { repeated, type Repeatable } from './repetition.js'
import type {
  Download, DownloadOptions, HistoryQuery, NewContainer, NewImages, NewUpload, Precondition, SearchQuery, UploadOptions
} from './requests.js'
import { Transport, unreachable, type Sent } from './transport.js'
import { isReadOnce, uploadBody } from './upload-body.js'

const TIMEOUT_MS = 60_000
const RETRIES = 4

export interface ClientOptions {
  /** The service's address, with or without one of its bases: `http://host:8888`, `https://user:password@host/mozart/api/v0.1`. */
  readonly url: string
  /** PEM text of the certificates to trust instead of the system's. */
  readonly ca?: string | undefined
  /** Accepts any certificate. */
  readonly insecure?: boolean | undefined
  /** A netrc file with the host's credentials, for a url without; by default `$NETRC` or `~/.netrc`. */
  readonly netrc?: string | undefined
  /** How long nothing may move before a request is given up; a minute by default. */
  readonly timeoutMs?: number | undefined
  /** How often a request is repeated, where that is safe; four times by default. */
  readonly retries?: number | undefined
  /** Called before a request is sent again. */
  readonly onRetry?: ((error: Error, delayMs: number) => void) | undefined
}

/**
 * Leporello's HTTP API. Every method rejects with an ApiError when it is refused, and with an UnreachableError when no
 * answer came. What does no harm when it is done twice is repeated while the service is unreachable or asks to wait.
 */
export class LeporelloClient {
  readonly #base: string
  readonly #timeoutMs: number
  readonly #transport: Transport
  readonly #repetition: Pick<ClientOptions, 'onRetry'> & { readonly retries: number }

  constructor ({ url, timeoutMs = TIMEOUT_MS, retries = RETRIES, onRetry, ...trust }: ClientOptions) {
    this.#base = new URL(url).href.replace(/(?<!\/)\/+$/, '')
    this.#timeoutMs = timeoutMs
    this.#transport = new Transport({ ...trust, timeoutMs })
    this.#repetition = { retries, onRetry }
  }

  /** Registers a container; one of the same name is replaced whole. */
  async register (container: NewContainer, precondition: Precondition = {}): Promise<{
    readonly id: string, readonly tag: string | undefined, readonly warnings: readonly Warning[]
  }> {
    const { result: id, tag, warnings } = await this.#post<string>('container/add', { ...container }, precondition)
    return { id, tag, warnings }
  }

  /** Registers images beside those of other architectures; any number of builds may do so at once. */
  async merge (images: NewImages, precondition: Precondition = {}): Promise<Registered> {
    return registeredOf(await this.#post('container/merge', { ...images }, precondition))
  }

  /** Takes one architecture away; the last one only goes with `remove`. */
  async detach (id: string, architecture: string, { ifMatch }: Precondition = {}): Promise<Shown> {
    return registeredOf(await this.#post('container/detach', { id, architecture }, { ifMatch }, 'unless-applied')) as Shown
  }

  async info (id: string): Promise<{ readonly document: ContainerDocument, readonly tag: string | undefined }> {
    const { result: document, tag } = await this.#get<ContainerDocument>('container', { id })
    return { document, tag }
  }

  /** All ids, sorted. */
  async list (): Promise<readonly string[]> {
    return (await this.#get<string[]>('container/list')).result
  }

  async search (query: SearchQuery = {}): Promise<SearchPage> {
    return (await this.#get<SearchPage>('container/search', { ...query, size: query.size?.toString() })).result
  }

  /** All containers that fit, page by page. */
  async * searchAll (query: Omit<SearchQuery, 'after'> = {}): AsyncGenerator<ContainerDocument> {
    for (let after: string | undefined; ;) {
      const page = await this.search({ ...query, after })
      yield * page.containers
      if (page.after === null) return
      after = page.after
    }
  }

  /** The image that a machine of the architecture loads; others only where they are listed as a fallback. */
  async resolve (id: string, arch: string, { fallback }: { readonly fallback?: readonly string[] } = {}): Promise<ResolvedImage> {
    return (await this.#get<ResolvedImage>('container/resolve', { id, arch, fallback })).result
  }

  async remove (id: string, { ifMatch }: Precondition = {}): Promise<void> {
    await this.#call('container', {
      method: 'DELETE', query: { id }, headers: preconditionHeaders({ ifMatch }), repeatable: 'unless-applied'
    })
  }

  /** What waits to be shown: of one container, or of all. */
  async pending (id?: string): Promise<readonly PendingSet[]> {
    return (await this.#get<PendingSet[]>('container/pending', { id })).result
  }

  /** Ends what waits of a build, or of a version that was sent without one. */
  async abandon (id: string, of: { readonly build: string } | { readonly version: string }): Promise<PendingSet> {
    return (await this.#post<PendingSet>('container/abandon', { id, ...of }, {}, 'unless-applied')).result
  }

  /** Who changed a container, when, and what, the newest first; also of one that is gone. */
  async history (id: string, { limit, before }: HistoryQuery = {}): Promise<HistoryPage> {
    return (await this.#get<HistoryPage>('container/history', { id, limit: limit?.toString(), before })).result
  }

  async report (): Promise<Report> {
    return (await this.#get<Report>('container/report')).result
  }

  /** Sends tarballs, which are proved, stored and registered, all or none. Streams and pipes are sent only once. */
  async upload (upload: NewUpload, { onProgress, ...precondition }: UploadOptions = {}): Promise<Registered> {
    const url = this.#url('container/upload')
    const repeatable = await isReadOnce(upload) ? 'never' : isConditional(precondition) ? 'unless-applied' : 'always'
    return await repeated(repeatable, this.#repetition, async () => {
      const { headers, end, ...rest } = await uploadBody(upload, this.#timeoutMs, onProgress)
      try {
        const sent: Sent = { method: 'POST', headers: { ...headers, ...preconditionHeaders(precondition) }, ...rest }
        return registeredOf(await envelopeOf(url, await this.#transport.send(url, sent)))
      } finally {
        end()
        rest.body.destroy()
      }
    })
  }

  /** The bytes at a url, such as that of a resolved image; not repeated when they break off. */
  async download (url: string, { from = 0, ifRange }: DownloadOptions = {}): Promise<Download> {
    const headers = { accept: '*/*', ...from > 0 && { range: `bytes=${from}-`, ...ifRange !== undefined && { 'if-range': ifRange } } }
    const answer = await this.#transport.send(url, { method: 'GET', headers })
    const { statusCode, headers: said, body } = answer
    if (statusCode !== 200 && statusCode !== 206) throw refusalOf(url, answer, await bodyOf(url, answer))
    const [, start, end] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(String(said['content-range'])) ?? []
    const isPart = statusCode === 206
    // Not the part that was asked for, or there is no telling which.
    if (isPart && Number(start) !== from) {
      body.on('error', () => {}).destroy()
      if (from > 0) return await this.download(url)
      throw refusalOf(url, answer, undefined)
    }
    const whole = Number(isPart ? end : said['content-length'])
    const { etag } = said
    return {
      body: receivedFrom(url, body),
      cancel: () => { body.on('error', () => {}).destroy() },
      from: isPart ? Number(start) : 0,
      size: Number.isNaN(whole) ? undefined : whole,
      tag: typeof etag === 'string' && etag.startsWith('"') ? etag : undefined
    }
  }

  /** Ends all connections. */
  async close (): Promise<void> {
    await this.#transport.close()
  }

  async #get<T> (path: string, query: Fields = {}): Promise<Envelope<T>> {
    return await this.#call(path, { method: 'GET', query, repeatable: 'always' })
  }

  /** Where the change is conditional it is not repeated after it may have been made: it would refuse itself. */
  async #post<T> (
    path: string, fields: Fields, precondition: Precondition,
    repeatable: Repeatable = isConditional(precondition) ? 'unless-applied' : 'always'
  ): Promise<Envelope<T>> {
    const headers = { 'content-type': 'application/x-www-form-urlencoded', ...preconditionHeaders(precondition) }
    return await this.#call(path, { method: 'POST', headers, body: String(formOf(fields)), repeatable })
  }

  async #call<T> (path: string, { query = {}, repeatable, ...sent }: Omit<Sent, 'body'> & {
    readonly query?: Fields
    readonly body?: string
    readonly repeatable: Repeatable
  }): Promise<Envelope<T>> {
    const url = this.#url(path, query)
    return await repeated(repeatable, this.#repetition,
      async () => await envelopeOf<T>(url, await this.#transport.send(url, sent)))
  }

  #url (path: string, query: Fields = {}): string {
    const url = new URL(`${this.#base}/${path}`)
    url.search = String(formOf(query))
    return url.href
  }
}

/** Undefined ones are not sent, lists with commas, and others as JSON text. */
type Fields = Readonly<Record<string, string | readonly string[] | Readonly<Record<string, string>> | undefined>>

function formOf (fields: Fields): URLSearchParams {
  const form = new URLSearchParams()
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue
    form.set(name, typeof value === 'string' ? value : Array.isArray(value) ? value.join() : JSON.stringify(value))
  }
  return form
}

async function * receivedFrom (url: string, body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield * body
  } catch (error) {
    throw unreachable(url, error)
  }
}

function registeredOf (envelope: Envelope<unknown>): Registered {
  const { status, message, result, tag, warnings } = envelope
  return status === 202
    ? { state: 'waiting', message, pending: result as PendingSet, warnings }
    : { state: 'registered', message, document: result as ContainerDocument, tag, warnings }
}

function isConditional ({ ifMatch, ifNoneMatch }: Precondition): boolean {
  return ifMatch !== undefined || ifNoneMatch !== undefined
}

function preconditionHeaders ({ ifMatch, ifNoneMatch }: Precondition): Record<string, string> {
  return { ...ifMatch !== undefined && { 'if-match': ifMatch }, ...ifNoneMatch !== undefined && { 'if-none-match': ifNoneMatch } }
}
