import { EventEmitter, once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Test } from 'tap'
import { ApiError, LeporelloClient, UnreachableError } from '../../src/client/index.js'
import { tarballOf } from '../uploads/tarballs.js'

const ARCHITECTURES = ['amd64', 'arm64', 'ppc64le', 's390x']
const MERGERS = 3
const MOST_TRIES = 10

/** Merges, uploads and lists against several replicas; a request that one of them does not serve goes to the next. */
export class Traffic {
  /** What was acknowledged: the architectures that were merged into each container, and the containers uploaded. */
  readonly merged = new Map<string, string[]>()
  readonly uploaded = new Set<string>()
  /** How many requests were answered. */
  answers = 0
  readonly #clients: readonly LeporelloClient[]
  readonly #folder: string
  readonly #progress = new EventEmitter()
  #next = 0
  #isEnding = false
  #done: Promise<unknown> = Promise.resolve()

  private constructor (clients: readonly LeporelloClient[], folder: string) {
    this.#clients = clients
    this.#folder = folder
  }

  /** Runs until `end`; `folder` is for the tarballs that are sent. */
  static async start (t: Test, urls: readonly string[], folder: string): Promise<Traffic> {
    const clients = urls.map(url => new LeporelloClient({ url, retries: 0 }))
    t.teardown(async () => { await Promise.all(clients.map(client => client.close())) })
    const traffic = new Traffic(clients, folder)
    // The indices are made by one, before others ask for what is not quite there yet.
    await traffic.#merge('container-first:1.0', 'amd64')
    const mergers = Array.from({ length: MERGERS }, async (_, at) => await traffic.#keep(async n => await traffic.#mergeAll(`container-m${at}-${n}:1.0`)))
    traffic.#done = Promise.all([
      ...mergers,
      traffic.#keep(async n => await traffic.#upload(`container-u-${n}:1.0`)),
      traffic.#keep(async () => await traffic.#list())
    ])
    // Whoever waits next is told of it.
    traffic.#done.catch(() => {})
    return traffic
  }

  /** Resolves when so many more requests were answered, and so many uploads among them; rejects when the traffic broke off. */
  async answered (moreAnswers: number, moreUploads = 0): Promise<void> {
    const [answers, uploads] = [this.answers + moreAnswers, this.uploaded.size + moreUploads]
    while (this.answers < answers || this.uploaded.size < uploads) {
      await Promise.race([once(this.#progress, 'answer'), this.#done])
    }
  }

  /** Resolves when what was under way is answered; rejects when a request was refused, or served by nobody. */
  async end (): Promise<void> {
    this.#isEnding = true
    await this.#done
  }

  /** What was acknowledged and is not there. */
  async missing (): Promise<string[]> {
    const missing: string[] = []
    for (const [id, architectures] of this.merged) {
      const { document } = await this.#ask(async client => await client.info(id))
      const urls = JSON.parse(document.urls ?? '{}') as Record<string, string>
      missing.push(...architectures.filter(architecture => !Object.hasOwn(urls, architecture)).map(architecture => `${id} ${architecture}`))
    }
    for (const id of this.uploaded) {
      const { download, size } = await this.#ask(async client => await client.resolve(id, 'amd64'))
      const body = await fetch(download ?? '').then(async answer => await answer.arrayBuffer())
      if (body.byteLength !== size) missing.push(`${id}: ${body.byteLength} of ${size} bytes`)
    }
    return missing
  }

  async #keep (work: (n: number) => Promise<void>): Promise<void> {
    for (let n = 0; !this.#isEnding; n++) await work(n)
  }

  async #mergeAll (id: string): Promise<void> {
    for (const architecture of ARCHITECTURES) await this.#merge(id, architecture)
  }

  async #merge (id: string, architecture: string): Promise<void> {
    await this.#ask(async client => await client.merge({
      name: id, version: '1.0', urls: { [architecture]: `s3://bucket/${encodeURIComponent(id)}-${architecture}.tar` }
    }))
    this.merged.set(id, [...this.merged.get(id) ?? [], architecture])
  }

  async #upload (id: string): Promise<void> {
    const file = join(this.#folder, `${encodeURIComponent(id)}.tar`)
    await writeFile(file, tarballOf(id, { mebibytes: 1 }))
    await this.#ask(async client => await client.upload({ name: id, version: '1.0', tarballs: [{ source: file }] }))
    this.uploaded.add(id)
    this.#progress.emit('answer')
  }

  /** Holds whatever was acknowledged before it was asked for, by whichever replica. */
  async #list (): Promise<void> {
    const acknowledged = [...this.merged.keys(), ...this.uploaded]
    const listed = new Set(await this.#ask(async client => await client.list()))
    const lacking = acknowledged.filter(id => !listed.has(id))
    if (lacking.length > 0) throw new Error(`a list lacks ${lacking.join(', ')}`)
  }

  async #ask<T> (request: (client: LeporelloClient) => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        const answer = await request(this.#clients[this.#next++ % this.#clients.length]!)
        this.answers++
        this.#progress.emit('answer')
        return answer
      } catch (error) {
        const isElsewhere = error instanceof UnreachableError || (error instanceof ApiError && error.status === 503)
        if (!isElsewhere || tries === MOST_TRIES) throw error
      }
    }
  }
}
