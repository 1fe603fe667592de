import { finished, Readable, type Transform } from 'node:stream'
import type { Architecture } from '../domain/architecture.js'
import { factsKey, tarballKey } from '../domain/tarball-key.js'
import { compressionOf, MAGIC_BYTES, type Compression } from '../image/compression/compression.js'
import type { ImageFacts } from '../image/image-facts.js'
import { ImageVerifier } from '../image/image-verifier.js'
import { peek } from '../image/peek.js'
import type { ImageStore, ObjectMetadata } from '../ports/image-store.js'
import type { Observer } from '../ports/observer.js'

/** A tarball as it arrives. */
export interface SentTarball {
  /** What it is said to be for; undefined: the image is to tell. */
  readonly architecture: Architecture | undefined
  readonly body: Readable
}

export interface StoredTarball {
  readonly key: string
  readonly claimed: Architecture | undefined
  readonly facts: ImageFacts
}

/** Where a tarball goes, and what it is held against. */
export interface IntakeOrder {
  readonly images: ImageStore
  readonly name: string
  readonly ulid: string
  /** Stands in the key where the architecture is not known yet. */
  readonly label: string
  readonly lenient: boolean
  readonly maxBytes: number
  readonly metadata: ObjectMetadata
  /** Its abortion ends the intake with its reason. */
  readonly signal: AbortSignal
  /** Called with each key before anything is stored under it. */
  readonly onKey: (key: string) => void
  readonly observer: Observer | undefined
}

const CONTENT_TYPES: Record<Compression, string> = {
  none: 'application/x-tar', gzip: 'application/gzip', zstd: 'application/zstd'
}

/**
 * Stores a tarball while it is verified, and then its facts beside it. The body is read only as far as it is good and
 * is never destroyed, since the connection it comes from has to carry the answer.
 */
export async function takeIn ({ architecture, body }: SentTarball, order: IntakeOrder): Promise<StoredTarball> {
  const { images, name, ulid, lenient, maxBytes, metadata, signal, onKey } = order
  signal.throwIfAborted()
  const verifier = new ImageVerifier({ architecture, name, lenient, limits: { maxBytes } }, bytes => order.observer?.received(bytes))
  // It may fail before it is read, and an error that nobody listens to ends the process.
  verifier.on('error', () => {})
  const abort = () => { verifier.destroy(signal.reason) }
  signal.addEventListener('abort', abort, { once: true })
  try {
    feed(body, verifier)
    const compression = compressionOf(await peek(verifier, MAGIC_BYTES)) as Compression
    const key = tarballKey({ name, ulid, label: architecture ?? order.label, compression })
    onKey(key)
    await images.put(key, verifier, { contentType: CONTENT_TYPES[compression], metadata })
    const facts = await verifier.facts
    await images.put(factsKey(key), Readable.from([Buffer.from(JSON.stringify(facts))]),
      { contentType: 'application/json', metadata })
    return { key, claimed: architecture, facts }
  } finally {
    signal.removeEventListener('abort', abort)
    verifier.destroy()
  }
}

function feed (body: Readable, into: Transform): void {
  body.pipe(into)
  const stop = finished(body, { writable: false }, error => { if (error) into.destroy(error) })
  into.once('close', () => {
    stop()
    body.unpipe(into)
  })
}
