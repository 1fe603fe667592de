import type { FastifyInstance } from 'fastify'

/** Replicas that were started together are not to do the same at once: each interval is up to a tenth longer or shorter. */
const JITTER = 0.2

/** Of a timer: what is set for longer ends at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** Times of work that is done again and again. */
export interface Recurrence {
  readonly intervalMs: number
  /** Until the first time, where it is not as the others. */
  readonly firstMs?: number
}

/**
 * Does the work again and again from when the service is ready, the next time timed when one has ended. The signal is
 * aborted when the service closes, which then waits for the work under way. The work must not reject.
 */
export function recurring (fastify: FastifyInstance, { intervalMs, firstMs }: Recurrence, work: (closing: AbortSignal) => Promise<void>): void {
  const closing = new AbortController()
  let timer: NodeJS.Timeout
  let running = Promise.resolve()

  const wait = (milliseconds = intervalMs * (1 + JITTER * (Math.random() - 0.5))) => {
    if (closing.signal.aborted) return
    timer = setTimeout(() => {
      if (milliseconds > LONGEST_TIMER_MS) wait(milliseconds - LONGEST_TIMER_MS)
      else running = work(closing.signal).finally(() => wait())
    }, Math.min(milliseconds, LONGEST_TIMER_MS)).unref()
  }

  fastify.addHook('onReady', async () => wait(firstMs))
  fastify.addHook('onClose', async () => {
    closing.abort()
    clearTimeout(timer)
    await running
  })
}
