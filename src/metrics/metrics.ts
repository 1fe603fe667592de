import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'
import { LeporelloError } from '../errors.js'
import type { Observer, UploadEnding } from '../ports/observer.js'
import { VERSION } from '../version.js'
import { RequestTimings } from './request-labels.js'
import { Timings } from './timings.js'

/** From a form that is refused at once to the longest time that an upload may take. */
const UPLOAD_SECONDS = [0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 21_600]

const BATCH_SIZES = [1, 2, 5, 10, 25, 50, 100, 250, 500]

const CONFLICTS = [0, 1, 2, 3, 5, 10, 20]

/** Routes whose answers tell nothing of how those fare who use the service. */
const NOT_OURS = /^(?:\/\*|\/health\/.*|\/metrics)$/

const AUTH_REASONS: Readonly<Record<string, string>> = { FORBIDDEN: 'forbidden', TOO_MANY_FAILURES: 'blocked' }

/** Of the codes of images the one that says nothing of the image. */
const OUR_FAULT = 'IMAGE_VERIFIER_FAILED'

const MILLISECONDS_OF_LAG = 10

export interface MetricsOptions {
  /** Whether the process itself is measured as well, which is to be done once in a process. */
  readonly ofProcess?: boolean
}

/**
 * What one service counts and measures, in a registry of its own. Labels come from lists that the code knows: no url, no
 * name of a document and nothing else that a client sends.
 */
export class Metrics implements Observer {
  readonly registry = new Registry()

  readonly #requests = new RequestTimings(new Timings({
    name: 'leporello_http_request_duration_seconds',
    help: 'Requests by route, method and status: 499 where the client left, and where an answer broke off the status that tells why; the route is "unknown" where there is none, "mozart" where it was handed on.',
    labelNames: ['method', 'route', 'status'],
    registry: this.registry
  }))

  readonly indexCalls = new Timings({
    name: 'leporello_index_call_duration_seconds',
    help: 'Calls of the index, by what was asked of which kind of documents; a page of a list is a call.',
    labelNames: ['operation', 'kind'],
    registry: this.registry
  })

  readonly storeCalls = new Timings({
    name: 'leporello_store_call_duration_seconds',
    help: 'Calls of the store; put takes as long as the client takes to send, get ends where the bytes begin.',
    labelNames: ['operation'],
    registry: this.registry
  })

  readonly #failures = this.#counter('leporello_http_failures_total',
    'Requests answered with a 5xx, or by an answer that broke off, but for those handed on to Mozart, and those for health and metrics.')

  readonly #refusals = this.#counter('leporello_refusals_total', 'Requests that were refused, by the code of the answer; INTERNAL where a failure has none.', ['code'])
  readonly #authFailures = this.#counter('leporello_auth_failures_total',
    'Requests refused for who sent them: missing credentials, wrong ones, blocked after too many wrong ones, or forbidden.', ['reason'])

  readonly indexErrors = this.#counter('leporello_index_errors_total', 'Calls of the index that failed, by the code of the failure.', ['operation', 'code'])
  readonly indexWrites = this.#counter('leporello_index_writes_total',
    'Conditional writes: written, in conflict with somebody else\'s, or of unknown outcome.', ['kind', 'outcome'])

  readonly storeErrors = this.#counter('leporello_store_errors_total', 'Calls of the store that failed, by the code of the failure.', ['operation', 'code'])
  readonly storeWrittenBytes = this.#counter('leporello_store_written_bytes_total', 'Bytes that the store took, as it took them, those of uploads that then failed as well.')
  readonly backendUp = this.#gauge('leporello_backend_up', 'Whether a backend was well at the last look, twice a minute and whenever /health/ready is asked.', ['backend'])
  readonly waitingSets = this.#gauge('leporello_sets_waiting', 'Sets that waited for architectures when the timer of the sets last looked; the same in every instance.')
  readonly oldestSet = this.#gauge('leporello_sets_oldest_timestamp_seconds', 'When the last image of the set that waits longest came; 0 where none waits.')
  readonly #verifierRefusals = this.#counter('leporello_verifier_refusals_total', 'Tarballs that were refused for what is in them, by the code.', ['code'])
  readonly sweeps = this.#counter('leporello_sweeps_total', 'Sweeps by this instance\'s own timer: completed, stopped, or failed.', ['outcome'])
  readonly swept = this.#counter('leporello_sweep_objects_total', 'What those sweeps did: tarballs condemned, pardoned, deleted, left alone, and uploads abandoned.', ['action'])
  readonly lastSweep = this.#gauge('leporello_sweep_last_completed_timestamp_seconds', 'When a sweep by this instance\'s timer last came to its end; 0 before the first.')
  readonly sweepInterval = this.#gauge('leporello_sweep_interval_seconds', 'The time between sweeps by this instance\'s timer; 0 where it makes none.')
  readonly mozart = this.#counter('leporello_mozart_requests_total', 'Requests handed on to Mozart: answered, late, unreachable, or left by the client before it answered.', ['outcome'])

  readonly #batches = this.#histogram('leporello_index_batch_documents', 'Documents in one request to the search engine.', BATCH_SIZES, ['direction'])
  readonly #conflicts = this.#histogram('leporello_container_change_conflicts',
    'How often somebody else\'s write came before the one of a change of a container, until it was answered.', CONFLICTS)

  readonly #uploads = this.#histogram('leporello_upload_duration_seconds', 'Uploads: registered, waiting, refused for what was sent, broken off by the client, or failed for a backend or a fault of ours.', UPLOAD_SECONDS, ['outcome'])
  readonly #receivedBytes = this.#counter('leporello_upload_received_bytes_total', 'Bytes of tarballs, as they came, whatever became of them.')

  constructor ({ ofProcess = false }: MetricsOptions = {}) {
    this.#gauge('leporello_build_info', 'The version that runs, and that of Node; always 1.', ['version', 'node'])
      .set({ version: VERSION, node: process.version }, 1)
    // What alerts wait for is there before it happens the first time, which would not be a growth otherwise.
    for (const code of ['INDEX_FULL', 'STORE_FULL', 'UPLOADS_BUSY']) this.#refusals.inc({ code }, 0)
    for (const reason of ['missing', 'wrong', 'blocked', 'forbidden']) this.#authFailures.inc({ reason }, 0)
    for (const outcome of ['completed', 'stopped', 'failed']) this.sweeps.inc({ outcome }, 0)
    for (const outcome of ['answered', 'late', 'unreachable', 'left']) this.mozart.inc({ outcome }, 0)
    if (ofProcess) collectDefaultMetrics({ register: this.registry, eventLoopMonitoringPrecision: MILLISECONDS_OF_LAG })
  }

  /** A metric whose value somebody else keeps, and is read whenever all are; a counter must only ever grow. */
  reads (type: 'gauge' | 'counter', name: string, help: string, read: () => number): void {
    const { registry } = this
    if (type === 'gauge') {
      const gauge: Gauge = new Gauge({ name, help, registers: [registry], collect: () => { gauge.set(read()) } })
      return
    }
    const counter: Counter = new Counter({
      name,
      help,
      registers: [registry],
      collect: () => {
        counter.reset()
        counter.inc(read())
      }
    })
  }

  /** A request was answered by that route, if by any. */
  requested (route: string | undefined, method: string, status: number, seconds: number): void {
    this.#requests.observe(route, method, status, seconds)
    if (status >= 500 && !(route !== undefined && NOT_OURS.test(route))) this.#failures.inc()
  }

  /** A request was refused. */
  refused (code: string, withCredentials: boolean): void {
    this.#refusals.inc({ code })
    const reason = code === 'UNAUTHORIZED' ? withCredentials ? 'wrong' : 'missing' : AUTH_REASONS[code]
    if (reason !== undefined) this.#authFailures.inc({ reason })
  }

  batched (direction: 'read' | 'write', documents: number): void {
    this.#batches.observe({ direction }, documents)
  }

  changed (conflicts: number): void {
    this.#conflicts.observe(conflicts)
  }

  received (bytes: number): void {
    this.#receivedBytes.inc(bytes)
  }

  uploaded (ending: UploadEnding, seconds: number): void {
    this.#uploads.observe({ outcome: ending.outcome.replace(' ', '_') }, seconds)
    if (ending.outcome === 'refused' && ending.code.startsWith('IMAGE_') && ending.code !== OUR_FAULT) this.#verifierRefusals.inc({ code: ending.code })
  }

  #counter<Label extends string = never> (name: string, help: string, labelNames: readonly Label[] = []): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: [this.registry] })
  }

  #gauge<Label extends string = never> (name: string, help: string, labelNames: readonly Label[] = []): Gauge<Label> {
    return new Gauge({ name, help, labelNames, registers: [this.registry] })
  }

  #histogram<Label extends string = never> (name: string, help: string, buckets: number[], labelNames: readonly Label[] = []): Histogram<Label> {
    return new Histogram({ name, help, labelNames, buckets, registers: [this.registry] })
  }
}

/** A label for an error: our own code, or none of ours. */
export function codeOf (error: unknown): string {
  return error instanceof LeporelloError ? error.code : 'OTHER'
}
