import { performance } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'
import type { S3ClientConfig } from '@aws-sdk/client-s3'

type RetryStrategy = Exclude<NonNullable<S3ClientConfig['retryStrategy']>, { retry: unknown }>
type RetryToken = Awaited<ReturnType<RetryStrategy['acquireInitialRetryToken']>>

const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 2_000

/**
 * Repeats what failed by the network, an overload or a 5xx until so many milliseconds have passed since the first
 * attempt, with random pauses that double up to 2 s.
 *
 * Unlike the SDK's own it has no quota that the client's requests share: when a server restarts, every part of every
 * upload fails at the same moment, and none is to be given up for the others'.
 */
export class Patience implements RetryStrategy {
  readonly #milliseconds: number

  constructor (milliseconds: number) {
    this.#milliseconds = milliseconds
  }

  async acquireInitialRetryToken (): Promise<RetryToken> {
    return new Attempt(0, performance.now() + this.#milliseconds)
  }

  async refreshRetryTokenForRetry (
    token: RetryToken, { errorType }: Parameters<RetryStrategy['refreshRetryTokenForRetry']>[1]
  ): Promise<RetryToken> {
    const { count, until } = token as Attempt
    const pause = Math.random() * Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** count)
    const worthIt = errorType === 'TRANSIENT' || errorType === 'THROTTLING'
    if (!worthIt || performance.now() + pause > until) throw new Error('not worth another attempt')
    await setTimeout(pause)
    return new Attempt(count + 1, until)
  }

  recordSuccess (): void {}
}

class Attempt {
  readonly count: number
  readonly until: number

  constructor (count: number, until: number) {
    this.count = count
    this.until = until
  }

  getRetryCount (): number {
    return this.count
  }

  getRetryDelay (): number {
    return 0
  }
}
