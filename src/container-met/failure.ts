/** What ends a run: a sentence, in one line, for the person who reads the job's log. */
export class Failure extends Error {
  constructor (message: string, cause?: unknown) {
    super(message.replace(/\s+/g, ' ').trim(), cause === undefined ? undefined : { cause })
  }
}

/** A registration that failed, or of which nobody can tell. */
export class RegistrationFailure extends Failure {
  /** Whether it is certain that nothing was registered. */
  readonly certain: boolean

  constructor (message: string, { certain, cause }: { certain: boolean, cause?: unknown }) {
    super(message, cause)
    this.certain = certain
  }
}

/** What an error of the system or of a library says, in one line and without a stack. */
export function reasonOf (error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0])
  return error instanceof Error ? error.message || error.name : String(error)
}
