import { parentPort } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import { LeporelloError } from '../../errors.js'
import { zstdBytes } from '../compression/zstd-library.js'
import { readImage } from '../image-reader.js'
import type { ImageRequest } from '../image-request.js'
import { BlockQueue } from './block-queue.js'
import type { Assignment, Delivery, Notice, Report } from './messages.js'

// Of the windows that programs write unless they are told otherwise, it holds several.
const MOST_ZSTD_BYTES = 64 * 2 ** 20

parentPort?.on('message', ({ port, request }: Assignment) => {
  verify(port, request).catch(() => port.close())
})

async function verify (port: MessagePort, request: ImageRequest): Promise<void> {
  const blocks = new BlockQueue(block => giveBack(port, block as Uint8Array<ArrayBuffer>))
  port.on('message', (delivery: Delivery) => {
    if (delivery.kind === 'block') blocks.push(Buffer.from(delivery.bytes.buffer, 0, delivery.bytes.length))
    else blocks.end()
  })
  port.on('close', () => blocks.abort())
  const verdict = await readImage(blocks, request).then(facts => ({ kind: 'facts' as const, facts }), refusalOf)
  if (zstdBytes() > MOST_ZSTD_BYTES) parentPort?.postMessage('grown' satisfies Notice)
  report(port, verdict)
}

function giveBack (port: MessagePort, bytes: Uint8Array<ArrayBuffer>): void {
  port.postMessage({ kind: 'read', bytes } satisfies Report, [bytes.buffer])
}

function report (port: MessagePort, report: Report): void {
  port.postMessage(report)
}

function refusalOf (error: unknown): Report {
  if (!(error instanceof LeporelloError)) return { kind: 'failed', message: (error as Error).message }
  const { code, message, details } = error
  return { kind: 'refused', code, message, details }
}
