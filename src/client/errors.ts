/** What a client call can end with; an instance of one of the two classes below. */
export type ClientError = ApiError | UnreachableError

/** The service answered, and not with what was asked for. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number
  /** As the API promises it, such as `CONTAINER_UNKNOWN`; undefined where something else answered in its place. */
  readonly code: string | undefined
  /** What a program needs to act on it, such as what is `available`. */
  readonly details: Readonly<Record<string, unknown>>
  /** When the service wants to be asked again. */
  readonly retryAfterSeconds: number | undefined

  constructor (message: string, info: {
    readonly status: number
    readonly code?: string | undefined
    readonly details?: Readonly<Record<string, unknown>>
    readonly retryAfterSeconds?: number | undefined
  }) {
    super(message)
    this.status = info.status
    this.code = info.code
    this.details = info.details ?? {}
    this.retryAfterSeconds = info.retryAfterSeconds
  }
}

/** Nothing answered, or the answer broke off: whether the service has done what was asked is not known. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError'
  readonly code = 'UNREACHABLE'
  /** Whom nobody could reach, without credentials. */
  readonly url: string

  constructor (message: string, url: string, cause: unknown) {
    super(message, { cause })
    this.url = url
  }
}

/** The environment names a proxy that can be none. */
export class ProxyError extends Error {
  override readonly name = 'ProxyError'
  readonly code = 'PROXY_INVALID'
}
