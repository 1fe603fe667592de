import { Readable } from 'node:stream'
import t from 'tap'
import { LeporelloError } from '../../src/errors.js'
import { BODY_LIMIT_BYTES } from '../../src/wire/body.js'
import { readBody } from '../../src/wire/read-body.js'
import { heapBytes } from '../heap.js'

async function bodyOf (payload: Readable, contentLength = NaN): Promise<Buffer> {
  return await new Promise((resolve, reject) => readBody(payload, contentLength, (error, body) => error ? reject(error) : resolve(body!)))
}

t.test('a body is what came, in however many pieces', async t => {
  t.equal((await bodyOf(Readable.from([]))).length, 0)
  for (const count of [1, 255, 256, 257, 1000]) {
    const pieces = Array.from({ length: count }, (_, at) => Buffer.from(`${at} `))
    t.ok((await bodyOf(Readable.from(pieces))).equals(Buffer.concat(pieces)), `${count}`)
  }
})

t.test('a body that comes byte by byte takes no more memory than it is long, by far', async t => {
  const payload = new Readable({ read: () => {} })
  const body = bodyOf(payload)
  const count = 300_000
  const before = heapBytes()
  for (let at = 0; at < count; at++) payload.emit('data', Buffer.alloc(1, 0x61))
  const grown = heapBytes() - before
  t.ok(grown < 3_000_000, `${grown} bytes of heap`)
  payload.push(null)
  t.equal((await body).length, count)
})

t.test('a body of more than 16 MiB is refused, by what is announced or by what comes', async t => {
  const refused = { code: 'TOO_LARGE', message: 'the body is larger than 16 MiB' }
  await t.rejects(bodyOf(Readable.from([]), BODY_LIMIT_BYTES + 1), refused)
  const mib = Buffer.alloc(2 ** 20)
  await t.rejects(bodyOf(Readable.from([...Array.from({ length: 16 }, () => mib), Buffer.alloc(1)])), refused)
  t.equal((await bodyOf(Readable.from(Array.from({ length: 16 }, () => mib)), BODY_LIMIT_BYTES)).length, BODY_LIMIT_BYTES)
})

t.test('a body that breaks off is the client\'s mistake, unless it is known whose', async t => {
  const broken = (error: Error) => new Readable({ read () { this.destroy(error) } })
  await t.rejects(bodyOf(broken(new Error('aborted'))), { message: 'aborted', statusCode: 400 })
  await t.rejects(bodyOf(broken(new LeporelloError('REQUEST_TIMED_OUT', 'late'))), { code: 'REQUEST_TIMED_OUT', statusCode: undefined })
})
