import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'
import { Patience } from './patience.js'

export interface S3ConnectionOptions {
  /** Of a server that is not AWS. */
  readonly endpoint?: string | undefined
  /** By default the AWS configuration's; with an endpoint, where it is only a word in signatures, `us-east-1`. */
  readonly region?: string | undefined
  /** Whether the bucket stands in the path and not in the host name; by default with an endpoint only. */
  readonly pathStyle?: boolean
  /** By default those of the AWS chain: environment, shared files, container, instance. */
  readonly credentials?: NonNullable<S3ClientConfig['credentials']>
  /** How long a request is repeated while the server is down; 30 s by default, enough for its restart. */
  readonly patienceMs?: number
  /** After how long without a byte an attempt is given up; 30 s by default. */
  readonly idleTimeoutMs?: number
}

const CONNECT_TIMEOUT_MS = 3_000
const FAST_TIMEOUT_MS = 5_000

/** A server may take minutes to put a large upload's parts together, and a reader may pause a download as long. */
const SLOW_TIMEOUT_MS = 300_000

const SOCKETS = 256

/** One store's connections, by how long an answer is waited for and a connection is held. */
export class S3Clients {
  /** For parts and small requests. */
  readonly patient: S3Client
  /** For putting an upload's parts together, which may rightly take minutes. */
  readonly completing: S3Client
  /** For objects, which hold a connection for as long as their reader likes: as many as there are readers. */
  readonly reading: S3Client
  /** One attempt, for what is asked to learn whether the server is there. */
  readonly fast: S3Client

  constructor (options: S3ConnectionOptions) {
    const { patienceMs = 30_000, idleTimeoutMs = 30_000 } = options
    this.patient = connect(options, patienceMs, idleTimeoutMs)
    this.completing = connect(options, patienceMs, Math.max(SLOW_TIMEOUT_MS, idleTimeoutMs))
    this.reading = connect(options, patienceMs, Math.max(SLOW_TIMEOUT_MS, idleTimeoutMs), Infinity)
    this.fast = connect(options, 0, Math.min(FAST_TIMEOUT_MS, idleTimeoutMs))
  }

  close (): void {
    for (const client of [this.patient, this.completing, this.reading, this.fast]) client.destroy()
  }
}

function connect (options: S3ConnectionOptions, patienceMs: number, idleMs: number, maxSockets = SOCKETS): S3Client {
  const { endpoint, region, pathStyle, credentials } = options
  const custom = endpoint !== undefined
  return new S3Client({
    ...(custom && { endpoint, region: 'us-east-1' }),
    ...(region && { region }),
    ...(credentials && { credentials }),
    forcePathStyle: pathStyle ?? custom,
    // Trailing checksums are AWS's own; compatible servers refuse or ignore them.
    requestChecksumCalculation: custom ? 'WHEN_REQUIRED' : 'WHEN_SUPPORTED',
    // Tarballs carry a sha256 of their own, and an object sent in parts has no checksum of the whole.
    responseChecksumValidation: 'WHEN_REQUIRED',
    // It would open a connection for every part.
    expectContinueHeader: false,
    retryStrategy: new Patience(patienceMs),
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: idleMs,
      httpAgent: { maxSockets },
      httpsAgent: { maxSockets }
    }
  })
}
