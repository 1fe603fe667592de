import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { deliver, shown, type DeliveryOptions } from './delivery.js'
import { Failure } from './failure.js'
import { checkAnswer, USER_AGENT } from './mozart.js'
import type { Progress } from './progress.js'
import { endpoint, type MetRequest } from './request.js'
import { contentOf, type Tarball } from './tarball.js'

/**
 * Sends the tarballs to a Leporello, which proves, stores and registers them: this machine needs no rights on the
 * store. Resolves to what the service warns of.
 *
 * @throws RegistrationFailure, or a Failure where the other end is no Leporello.
 */
export async function uploadToService (
  request: MetRequest, tarballs: readonly Tarball[], progress: Progress, options: DeliveryOptions
): Promise<string[]> {
  const url = endpoint(request, 'container/upload')
  const probe = await deliver({ method: 'OPTIONS', url, headers: { 'user-agent': USER_AGENT } }, options)
  if (probe.status === 404) throw new Failure(`${shown(url)} is not there: no Leporello is at mozart_url; leave --via-service and LEPORELLO_VIA_SERVICE out`)
  if (probe.status !== 200) checkAnswer(url, probe)
  const form = new UploadForm(request, tarballs, progress)
  const answer = await deliver({
    method: 'POST', url, headers: { 'user-agent': USER_AGENT, ...form.headers }, body: () => form.body()
  }, options)
  return warningsOf(checkAnswer(url, answer))
}

function warningsOf ({ warnings }: Readonly<Record<string, unknown>>): string[] {
  return Array.isArray(warnings) ? warnings.map(({ message }: { message: string }) => message) : []
}

/** A multipart form of known length, whose files are read while they are sent, again for each attempt. */
class UploadForm {
  readonly headers: { readonly 'content-type': string, readonly 'content-length': number }
  readonly #fields: string
  readonly #files: ReadonlyArray<{ readonly tarball: Tarball, readonly head: string }>
  readonly #end: string
  readonly #progress: Progress

  constructor ({ ident, version, digest }: MetRequest, tarballs: readonly Tarball[], progress: Progress) {
    const boundary = `container-met-${randomBytes(16).toString('hex')}`
    const part = (name: string, rest: string) => `--${boundary}\r\ncontent-disposition: form-data; name="${name}"${rest}\r\n\r\n`
    this.#fields = Object.entries({ name: ident, version, digest }).map(([name, value]) => `${part(name, '')}${value}\r\n`).join('')
    this.#files = tarballs.map(tarball => ({
      tarball, head: part(tarball.architecture, '; filename="image.tar"\r\ncontent-type: application/octet-stream')
    }))
    this.#end = `--${boundary}--\r\n`
    this.#progress = progress
    const files = this.#files.reduce((sum, { tarball, head }) => sum + head.length + tarball.size + 2, 0)
    this.headers = {
      'content-type': `multipart/form-data; boundary=${boundary}`,
      'content-length': Buffer.byteLength(this.#fields) + files + this.#end.length
    }
  }

  body (): Readable {
    return Readable.from(this.#parts(), { objectMode: false })
  }

  async * #parts (): AsyncGenerator<string | Buffer> {
    yield this.#fields
    for (const { tarball, head } of this.#files) {
      yield head
      const bar = this.#progress.start(tarball.name, tarball.size)
      try {
        for await (const chunk of contentOf(tarball)) {
          yield chunk
          bar.advance(chunk.length)
        }
      } finally {
        bar.end()
      }
      yield '\r\n'
    }
    yield this.#end
  }
}
