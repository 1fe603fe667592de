import type { MessagePort } from 'node:worker_threads'
import type { ErrorCode } from '../../errors.js'
import type { ImageFacts } from '../image-facts.js'
import type { ImageRequest } from '../image-request.js'

/** Begins one verification in a worker; everything else about it goes through the port, whose closing ends it. */
export interface Assignment {
  readonly port: MessagePort
  readonly request: ImageRequest
}

/** To the worker: the file's bytes in order, then the end. */
export type Delivery =
  | { readonly kind: 'block', readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'end' }

/** From the worker: each block back when it was read, then one verdict, which may come before the end. */
export type Report =
  | { readonly kind: 'read', readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'facts', readonly facts: ImageFacts }
  | { readonly kind: 'refused', readonly code: ErrorCode, readonly message: string, readonly details: object }
  | { readonly kind: 'failed', readonly message: string }

/** From the worker to the pool, after a verification: it holds more memory than others, and can only end to give it back. */
export type Notice = 'grown'
