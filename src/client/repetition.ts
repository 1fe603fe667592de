import { setTimeout as delay } from 'node:timers/promises'
import { ApiError, UnreachableError } from './errors.js'
import { neverConnected } from './transport.js'
import { proxyRefusal } from './unreachable.js'

/**
 * Whether a request may be sent again: `always` when it does no harm whatever became of it, `unless-applied` when it
 * must be known that nothing was changed, `never` when it cannot be sent twice.
 */
export type Repeatable = 'always' | 'unless-applied' | 'never'

const FIRST_DELAY_MS = 250
const LONGEST_DELAY_MS = 30_000

/** After which nothing was changed. */
const NOT_APPLIED = ['NOT_APPLIED', 'INDEX_UNAVAILABLE', 'STORE_UNAVAILABLE', 'UPLOADS_BUSY', 'IMAGE_VERIFIER_FAILED',
  'TOO_MANY_UPLOADS', 'RATE_LIMITED', 'OVERLOADED']
/** Which will be the same the next time. */
const LASTING = ['PUBLIC_URL_MISSING', 'STORE_REFUSED', 'TOO_MANY_FAILURES']

export interface RepetitionOptions {
  /** How often a request is sent again at most. */
  readonly retries: number
  /** Called before a request is sent again. */
  readonly onRetry?: ((error: Error, delayMs: number) => void) | undefined
}

/** Does `attempt` until it succeeds, must not be repeated, or has been repeated often enough. */
export async function repeated<T> (
  repeatable: Repeatable, { retries, onRetry }: RepetitionOptions, attempt: () => Promise<T>
): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await attempt()
    } catch (error) {
      if (tries === retries || !mayRepeat(repeatable, error)) throw error
      const delayMs = delayAfter(error, tries)
      onRetry?.(error as Error, delayMs)
      await delay(delayMs)
    }
  }
}

function mayRepeat (repeatable: Repeatable, error: unknown): boolean {
  if (repeatable === 'never') return false
  if (error instanceof UnreachableError) {
    return !isCertificate(error.cause) && !isRefused(error.cause) && (repeatable === 'always' || neverConnected(error))
  }
  if (!(error instanceof ApiError) || ![429, 502, 503, 504].includes(error.status)) return false
  if (LASTING.includes(error.code ?? '')) return false
  return repeatable === 'always' || NOT_APPLIED.includes(error.code ?? '')
}

function isCertificate (cause: unknown): boolean {
  return /CERT|SSL|TLS|SIGNATURE|ISSUER|UNABLE_TO/.test((cause as { code?: string }).code ?? '')
}

/** By a proxy, for good. */
function isRefused (cause: unknown): boolean {
  const status = proxyRefusal(cause) ?? 0
  return status >= 400 && status < 500
}

/** As it was asked for. Whoever says at once, and refuses again, is not asked four times within a moment. */
function delayAfter (error: unknown, tries: number): number {
  const asked = error instanceof ApiError ? error.retryAfterSeconds : undefined
  const own = FIRST_DELAY_MS * 2 ** tries
  return Math.min(asked === undefined ? own : Math.max(asked * 1000, tries === 0 ? 0 : own), LONGEST_DELAY_MS)
}
