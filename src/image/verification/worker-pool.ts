import { availableParallelism } from 'node:os'
import { MessageChannel, Worker } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import type { ImageRequest } from '../image-request.js'
import type { Assignment, Notice } from './messages.js'

const MOST_WORKERS = 4
// Several times what a verification may keep, so that only a fault gets there.
const HEAP_MEBIBYTES = 512

/**
 * The threads that verify images, as many as there are processors up to four, started when they are first needed and
 * kept: one takes 13 MB and some 50 ms to start, and several verifications can share it. One that has come to hold
 * much memory ends with the last of its verifications.
 */
export class WorkerPool {
  readonly #size = Math.min(availableParallelism(), MOST_WORKERS)
  /** Each with the number of verifications it has. */
  readonly #workers = new Map<Worker, number>()
  /** Those that get no more of them. */
  readonly #retiring = new Map<Worker, number>()

  /** Begins a verification in the worker that has the fewest. The port closes when that worker dies. */
  open (request: ImageRequest): MessagePort {
    const worker = this.#leastBusy()
    const { port1, port2 } = new MessageChannel()
    this.#change(worker, 1)
    port1.once('close', () => this.#change(worker, -1))
    worker.postMessage({ port: port2, request } satisfies Assignment, [port2])
    return port1
  }

  /** Ends all threads, and with them what they verify. */
  async close (): Promise<void> {
    await Promise.all([...this.#workers.keys(), ...this.#retiring.keys()].map(worker => worker.terminate()))
  }

  #leastBusy (): Worker {
    const [best] = [...this.#workers].sort(([, a], [, b]) => a - b)
    if (best !== undefined && (best[1] === 0 || this.#workers.size === this.#size)) return best[0]
    return this.#start()
  }

  #start (): Worker {
    const worker = new Worker(new URL('./worker.js', import.meta.url),
      // Without the flags and hooks of the process: they are for the main thread.
      { execArgv: [], resourceLimits: { maxOldGenerationSizeMb: HEAP_MEBIBYTES } })
    this.#workers.set(worker, 0)
    worker.on('message', (_notice: Notice) => this.#retire(worker))
    // Whoever waits for it learns it by the closing of the port.
    for (const event of ['error', 'exit']) worker.on(event, () => this.#forget(worker))
    worker.unref()
    return worker
  }

  #change (worker: Worker, by: number): void {
    const group = this.#retiring.has(worker) ? this.#retiring : this.#workers
    const count = group.get(worker)
    if (count !== undefined) group.set(worker, count + by)
    this.#endIdle()
  }

  #retire (worker: Worker): void {
    const count = this.#workers.get(worker)
    if (count === undefined) return
    this.#workers.delete(worker)
    this.#retiring.set(worker, count)
    this.#endIdle()
  }

  #endIdle (): void {
    for (const [worker, count] of this.#retiring) if (count === 0) worker.terminate().catch(() => {})
  }

  #forget (worker: Worker): void {
    this.#workers.delete(worker)
    this.#retiring.delete(worker)
  }
}

export const workerPool = new WorkerPool()
