import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { request, type ClientRequest, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { asChild } from './child.js'
import { imageOf, NAME, type Tarball } from './tarball.js'

/** So many uploads at once, as curl makes them, of the tarball or of an image of so many bytes. */
export interface SendOrder {
  readonly url: string
  readonly how: 'PUT' | 'form'
  readonly tarball: Tarball
  readonly bytes?: number
  readonly atOnce?: number
}

const BOUNDARY = '----leporello-bench'
const FORM = [['name', NAME], ['version', '1']].map(([name, value]) =>
  `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`).join('') +
  `--${BOUNDARY}\r\nContent-Disposition: form-data; name="tarball"; filename="image.tar.gz"\r\n\r\n`

await asChild<SendOrder>(async order => {
  await Promise.all(Array.from({ length: order.atOnce ?? 1 }, async () => await (order.how === 'PUT' ? put(order) : form(order))))
})

async function put (order: SendOrder): Promise<void> {
  const sending = request(`${order.url}/container/upload?name=${NAME}&version=1`, { method: 'PUT' })
  await send(sending, bodyOf(order), 'application/octet-stream')
}

async function form (order: SendOrder): Promise<void> {
  const sending = request(`${order.url}/container/upload`, { method: 'POST' })
  await send(sending, inForm(bodyOf(order)), `multipart/form-data; boundary=${BOUNDARY}`)
}

function bodyOf ({ tarball, bytes }: SendOrder): AsyncIterable<Buffer> {
  return bytes === undefined
    ? createReadStream(tarball.path, { highWaterMark: 256 * 1024 })
    : imageOf(tarball, bytes)
}

async function * inForm (body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield Buffer.from(FORM)
  yield * body
  yield Buffer.from(`\r\n--${BOUNDARY}--\r\n`)
}

async function send (sending: ClientRequest, body: AsyncIterable<Buffer>, type: string): Promise<void> {
  const answered = once(sending, 'response') as Promise<[IncomingMessage]>
  sending.setHeader('content-type', type)
  for await (const chunk of body) if (!sending.write(chunk)) await once(sending, 'drain')
  sending.end()
  const [answer] = await answered
  const said = await text(answer)
  if (answer.statusCode !== 200) throw new Error(`${answer.statusCode}: ${said}`)
}
