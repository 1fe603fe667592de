import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import type { Deadline } from '../../../src/deadline.js'
import type { BackendHealth } from '../../../src/ports/backend-health.js'
import type { ChangeLog, LogPage } from '../../../src/ports/change-log.js'
import type {
  ABSENT, DocumentIndex, DocumentKind, PageOptions, StoredDocument, Version, WriteOutcome
} from '../../../src/ports/document-index.js'
import { errorOf, packed } from './remote-messages.js'
import type { Answer, Call } from './remote-messages.js'

const CHILD = fileURLToPath(new URL('remote-child.js', import.meta.url))

interface Waiting {
  resolve (value: unknown): void
  reject (error: Error): void
}

/** An embedded index that a process of its own has open; the process dies with the test. */
export class RemoteDocumentIndex implements DocumentIndex {
  readonly changes: ChangeLog = {
    append: async (entry, deadline) => { await this.#call('append', entry, deadline) },
    page: async (...asked) => await this.#call('page', ...asked) as LogPage,
    trim: async limits => await this.#call('trim', limits) as number,
    checkWrites: async deadline => { await this.#call('checkWrites', deadline) }
  }

  readonly #child: ChildProcess
  readonly #waiting = new Map<number, Waiting>()
  #calls = 0

  private constructor (child: ChildProcess) {
    this.#child = child
    child.on('message', (answer: Answer) => { this.#settle(answer) })
    child.once('exit', (code, signal) => { this.#failAll(new Error(`The process ended with ${code ?? signal}`)) })
  }

  static async open (t: Test, folder: string): Promise<RemoteDocumentIndex> {
    const child = fork(CHILD, { execArgv: [], serialization: 'advanced' })
    t.teardown(() => child.kill('SIGKILL'))
    const index = new RemoteDocumentIndex(child)
    await index.#call('open', folder)
    return index
  }

  async get (kind: DocumentKind, id: string, deadline: Deadline): Promise<StoredDocument | undefined> {
    return await this.#call('get', kind, id, deadline) as StoredDocument | undefined
  }

  async put (
    kind: DocumentKind, id: string, json: string, expected: Version | typeof ABSENT, deadline: Deadline
  ): Promise<WriteOutcome> {
    return await this.#call('put', kind, id, json, expected, deadline) as WriteOutcome
  }

  async remove (kind: DocumentKind, id: string, expected: Version, deadline: Deadline): Promise<WriteOutcome> {
    return await this.#call('remove', kind, id, expected, deadline) as WriteOutcome
  }

  ids (kind: DocumentKind, options?: PageOptions): AsyncIterable<readonly string[]> {
    return this.#pages<string>('ids', kind, options)
  }

  documents (kind: DocumentKind, options?: PageOptions): AsyncIterable<readonly StoredDocument[]> {
    return this.#pages<StoredDocument>('documents', kind, options)
  }

  async exists (kind: DocumentKind, deadline: Deadline): Promise<boolean> {
    return await this.#call('exists', kind, deadline) as boolean
  }

  foreignDocuments (name: string): AsyncIterable<never> {
    throw new Error(`not asked of another process: ${name}`)
  }

  async refresh (kind: DocumentKind, deadline: Deadline): Promise<void> {
    await this.#call('refresh', kind, deadline)
  }

  async health (deadline: Deadline): Promise<BackendHealth> {
    return await this.#call('health', deadline) as BackendHealth
  }

  /** Kills the process, whatever it is doing. */
  kill (): void {
    this.#child.kill('SIGKILL')
  }

  /** Closes the index; its process lives on to refuse what is asked of a closed one. */
  async close (): Promise<void> {
    await this.#call('close')
  }

  async * #pages<Item> (
    method: 'ids' | 'documents', kind: DocumentKind, options: PageOptions | undefined
  ): AsyncGenerator<readonly Item[], void> {
    const iteration = await this.#call(method, kind, options)
    try {
      for (;;) {
        const step = await this.#call('next', iteration) as IteratorResult<readonly Item[], void>
        if (step.done === true) return
        yield step.value
      }
    } finally {
      await this.#call('return', iteration)
    }
  }

  #call (method: Call['method'], ...args: readonly unknown[]): Promise<unknown> {
    const id = ++this.#calls
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#child.send({ id, method, args: args.map(packed) }, error => { if (error !== null) reject(error) })
    })
  }

  #settle (answer: Answer): void {
    const waiting = this.#waiting.get(answer.id)
    this.#waiting.delete(answer.id)
    if ('failure' in answer) waiting?.reject(errorOf(answer.failure))
    else waiting?.resolve(answer.value)
  }

  #failAll (error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error)
  }
}
