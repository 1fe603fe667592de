import type { Caller } from '../domain/caller.js'
import type { Credentials } from './authorization.js'

/** One way to find out who somebody is. */
export interface Verifier {
  /** Undefined when the credentials are not of its kind, or wrong. */
  verify (credentials: Credentials): Promise<Caller | undefined>
}
