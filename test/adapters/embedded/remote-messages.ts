import { Deadline } from '../../../src/deadline.js'
import { LeporelloError } from '../../../src/errors.js'
import type { ErrorCode, ErrorInfo } from '../../../src/errors.js'
import { ABSENT } from '../../../src/ports/document-index.js'

/** A method of a document index, or `open`, or a step of the iteration that the call `args[0]` began. */
export interface Call {
  readonly id: number
  readonly method:
    'open' | 'get' | 'put' | 'remove' | 'exists' | 'refresh' | 'health' | 'close' | 'append' | 'page' | 'trim' | 'checkWrites' | 'ids' | 'documents' | 'next' | 'return'
  readonly args: readonly unknown[]
}

/** How the call of that id ended. */
export type Answer =
  | { readonly id: number, readonly value: unknown }
  | { readonly id: number, readonly failure: Failure }

export interface Failure extends ErrorInfo {
  readonly message: string
  /** Only a `LeporelloError` has one. */
  readonly code?: ErrorCode
}

/** An argument as a message can carry it: a deadline is the milliseconds that are left. */
export function packed (argument: unknown): unknown {
  if (argument === ABSENT) return { absent: true }
  if (argument instanceof Deadline) return { remaining: argument.remaining }
  return argument
}

export function unpacked (argument: unknown): unknown {
  if (typeof argument !== 'object' || argument === null) return argument
  if ('absent' in argument) return ABSENT
  if ('remaining' in argument) return Deadline.in(argument.remaining as number)
  return argument
}

export function failureOf (error: unknown): Failure {
  if (!(error instanceof LeporelloError)) return { message: String(error) }
  const { code, message, details, retryAfterSeconds } = error
  return { code, message, details, ...retryAfterSeconds !== undefined && { retryAfterSeconds } }
}

export function errorOf ({ code, message, ...info }: Failure): Error {
  return code === undefined ? new Error(message) : new LeporelloError(code, message, info)
}
