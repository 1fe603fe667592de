/** How something behind a port is, for readiness and for operators. */
export interface BackendHealth {
  /** The adapter's kind, e.g. `embedded`, `elasticsearch`, `opensearch`. */
  readonly kind: string
  /** The version of what answers, when it is known. */
  readonly version?: string
  readonly state: 'up' | 'down'
  /** Why it is down: a sentence for an operator, without credentials. */
  readonly reason?: string
}
