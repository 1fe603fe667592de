import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/**
 * A keep-alive connection that carries one request after another, and does as little as it can besides: what is to be
 * measured is the other side. It understands answers with a Content-Length, as those that are measured have.
 */
export class Connection {
  readonly #socket: Socket
  #received: Buffer = Buffer.alloc(0)
  #answered: (error?: Error) => void = () => {}

  private constructor (socket: Socket) {
    this.#socket = socket.setNoDelay(true)
    socket.on('data', chunk => this.#receive(chunk))
    socket.on('error', error => this.#answered(error))
    socket.on('close', () => this.#answered(new Error('the connection was closed')))
  }

  static async open (url: string): Promise<Connection> {
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname)
    await once(socket, 'connect')
    return new Connection(socket)
  }

  /** Resolves when the whole answer is there; rejects unless it is a 200 or a 202. */
  send (request: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#answered = error => error === undefined ? resolve() : reject(error)
      this.#socket.write(request, 'latin1')
    })
  }

  close (): void {
    this.#answered = () => {}
    this.#socket.destroy()
  }

  #receive (chunk: Buffer): void {
    const received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk])
    const text = received.toString('latin1')
    const end = text.indexOf('\r\n\r\n')
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1])
    if (end < 0 || received.length < end + 4 + length) {
      this.#received = received
      return
    }
    this.#received = Buffer.alloc(0)
    this.#answered(/^HTTP\/1\.1 20[02] /.test(text) ? undefined : new Error(text))
  }
}

/** `GET` of a path, as text. */
export function getRequest (path: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`
}

/** `POST` of a form of ASCII, as text. */
export function postRequest (path: string, form: string): string {
  return `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n` +
    `Content-Length: ${form.length}\r\n\r\n${form}`
}
