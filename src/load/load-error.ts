/** Why an image could not be brought: in words for the person, and whether trying later may help. */
export class LoadError extends Error {
  override readonly name = 'LoadError'
  readonly kind: 'failed' | 'not-found' | 'unreachable'

  constructor (message: string, kind: LoadError['kind'] = 'failed', cause?: unknown) {
    super(message, { cause })
    this.kind = kind
  }
}
