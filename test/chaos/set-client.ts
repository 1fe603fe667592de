import { setTimeout } from 'node:timers/promises'
import type { Random } from '../random.js'
import type { Build } from './builds.js'
import { Caller } from './caller.js'
import { ARCHITECTURES, type Architecture } from './changes.js'
import type { TarballFile } from './tarball-files.js'
import type { Work } from './work.js'

interface Job {
  readonly architecture: Architecture
  readonly token: string
  readonly file?: TarballFile
  arrived: boolean
  registered: boolean
}

/** Builds of one container, each by a job for each of two or three architectures that know nothing of each other. */
export class SetClient {
  readonly #work: Work
  readonly #random: Random
  readonly #name: string
  #begun = 0

  constructor (work: Work, random: Random, name: string) {
    this.#work = work
    this.#random = random
    this.#name = name
  }

  /** Every other build begins before the one before it is done. */
  async run (): Promise<void> {
    const builds = this.#work.ledger.buildsOf(this.#name)
    let before: Promise<void> = Promise.resolve()
    while (!this.#work.isOver) {
      const now = this.#build(builds)
      if (this.#random.next() < 0.5) await Promise.all([before, now])
      else await before
      before = now
      await setTimeout(this.#random.below(100)) // until somebody pushes again
    }
    await before
  }

  async #build (builds: Build[]): Promise<void> {
    const build = `b${++this.#begun}`
    const expect = this.#random.pick([ARCHITECTURES, ARCHITECTURES.slice(0, 2), ARCHITECTURES.slice(1)])
    const jobs = await Promise.all(expect.map(architecture => this.#job(build, architecture)))
    builds.push({ build, jobs })
    // Now and then a job never gets so far.
    const lost = this.#random.next() < 0.1 ? this.#random.pick(jobs) : undefined
    await Promise.all(jobs.filter(job => job !== lost).map(job => this.#send(build, expect, job)))
    await this.#work.files.remove(jobs.flatMap(({ file }) => file ?? []))
  }

  async #job (build: string, architecture: Architecture): Promise<Job> {
    if (this.#random.next() < 0.3) {
      const file = await this.#work.files.make(this.#name, architecture)
      return { architecture, token: file.token, file, arrived: false, registered: false }
    }
    return { architecture, token: `s3://b/${this.#name.replace(':', '-')}/${build}-${architecture}.tar`, arrived: false, registered: false }
  }

  async #send (build: string, expect: readonly Architecture[], job: Job): Promise<void> {
    const { figures } = this.#work
    const { architecture, file, token } = job
    const common = { name: this.#name, version: '1', build, expect }
    const caller = new Caller(this.#work, this.#random)
    const outcome = await caller.call({
      what: file === undefined ? 'merge of a set' : 'upload of a set',
      repeats: true,
      send: client => file === undefined
        ? client.merge({ ...common, urls: { [architecture]: token } })
        : client.upload({ ...common, tarballs: [file] })
    })
    if (outcome.state === 'done') {
      job.arrived = true
      job.registered = outcome.value.state === 'registered'
    }
    if (outcome.state === 'refused' && outcome.error.code !== 'SUPERSEDED') {
      figures.wrong(this.#name, [`${architecture} of build ${build} was answered ${outcome.error.status} ${outcome.error.code}: ${outcome.error.message}`])
    }
  }
}
