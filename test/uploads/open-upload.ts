import { request, type ClientRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { json } from 'node:stream/consumers'

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: {
    readonly success: boolean
    readonly message: string
    readonly result: Record<string, unknown> & { readonly code?: string, readonly url?: string }
  }
}

const BOUNDARY = 'leporello-upload'

/** An upload whose bytes are sent when the test wants them to be. */
export class OpenUpload {
  /** Whatever the service says, be it before everything was sent. */
  readonly answer: Promise<Answer>
  /** Resolves when the service has taken the upload on; only for one with the header `expect: 100-continue`. */
  readonly wanted: Promise<void>
  readonly #request: ClientRequest

  private constructor (request: ClientRequest) {
    this.#request = request
    this.wanted = new Promise(resolve => { request.once('continue', resolve) })
    this.answer = answerOf(request)
    // Whoever leaves does not ask for it.
    this.answer.catch(() => {})
  }

  /** A tarball as the body, its length known or not. */
  static put (service: string, name: string, headers: Record<string, string> = {}, query = ''): OpenUpload {
    const url = `${service}/container/upload?name=${encodeURIComponent(name)}&version=1.0${query}`
    return new OpenUpload(request(url, { method: 'PUT', agent: false, headers }))
  }

  /** A form, whose fields are sent at once. */
  static post (service: string, name: string, headers: Record<string, string> = {}): OpenUpload {
    const upload = OpenUpload.emptyForm(service, headers)
    upload.field('name', name)
    upload.field('version', '1.0')
    return upload
  }

  static emptyForm (service: string, headers: Record<string, string> = {}): OpenUpload {
    const type = { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` }
    return new OpenUpload(request(`${service}/container/upload`, { method: 'POST', agent: false, headers: { ...type, ...headers } }))
  }

  field (name: string, value: string): void {
    this.send(`--${BOUNDARY}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`)
  }

  /** Begins a file of a form; its bytes are to be sent next. */
  file (part: string): void {
    this.send(`--${BOUNDARY}\r\ncontent-disposition: form-data; name="${part}"; filename="image.tar"\r\n\r\n`)
  }

  /** Ends a file of a form. */
  endFile (): void {
    this.send('\r\n')
  }

  /** Sends what comes before the body; otherwise it goes with the first bytes. */
  sendHeaders (): void {
    this.#request.flushHeaders()
  }

  send (bytes: Buffer | string): void {
    this.#request.write(bytes)
  }

  /** Sends the last bytes, or the end of the form. */
  async end (bytes: Buffer | string = ''): Promise<Answer> {
    this.#request.end(bytes)
    return await this.answer
  }

  async endForm (): Promise<Answer> {
    return await this.end(`--${BOUNDARY}--\r\n`)
  }

  /** As a client whose process dies. */
  leave (): void {
    this.#request.destroy()
  }
}

/** An answer that comes early ends the connection, and with it what is still being sent. */
async function answerOf (request: ClientRequest): Promise<Answer> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve)
    request.on('error', reject)
  })
  return { status: response.statusCode ?? 0, headers: response.headers, body: await json(response) as Answer['body'] }
}
