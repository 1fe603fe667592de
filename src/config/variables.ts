import { URL_STYLES } from '../domain/tarball-url.js'
import {
  address, flag, indexName, indexNames, integer, nonEmpty, oneOf, origins, proxies, storeUrl, urls
} from './parsers.js'

export const ENGINES = ['elasticsearch7', 'elasticsearch', 'opensearch'] as const

const MEBIBYTE = 2 ** 20
const GIBIBYTE = 2 ** 30
const HOUR_MS = 3_600_000

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

export type LogLevel = typeof LOG_LEVELS[number]

export interface Variable<T> {
  /** One sentence for `leporello serve --help` and the README. */
  readonly help: string
  /** As it would be written in the environment; absent: there is none, and the value may be undefined. */
  readonly fallback?: string
  /** Its value is not repeated in messages. */
  readonly secret?: true
  /** Throws an Error whose message completes "NAME must be ...". */
  readonly parse: (text: string) => T
}

/** Every variable the service reads, in the order in which it is documented. */
export const VARIABLES = {
  LEPORELLO_HOST: {
    help: 'Address to listen on. Anything but a loopback address offers the service to the network.',
    fallback: '127.0.0.1',
    parse: nonEmpty
  },
  LEPORELLO_PORT: {
    help: 'Port to listen on; 0 picks a free one.',
    fallback: '8888',
    parse: integer(0, 65_535)
  },
  LEPORELLO_DATA_DIR: {
    help: 'Folder of the embedded catalogue, on a local disk; made if it is not there.',
    fallback: './data',
    parse: nonEmpty
  },
  LEPORELLO_INDEX_URL: {
    help: 'Elasticsearch or OpenSearch to keep the catalogue in, http(s)://[user:password@]host:port, several nodes ' +
      'separated by commas. Unset: the embedded catalogue.',
    secret: true,
    parse: urls
  },
  LEPORELLO_INDEX_KIND: {
    help: 'What the engine is: elasticsearch7, elasticsearch (8 and later) or opensearch. Unset: it is asked, for which ' +
      'the user needs a cluster privilege.',
    parse: oneOf(ENGINES)
  },
  LEPORELLO_INDEX_TIMEOUT_MS: {
    help: 'Milliseconds a request may spend on the index before it is answered 503.',
    fallback: '5000',
    parse: integer(1, 600_000)
  },
  LEPORELLO_INDEX_USER: {
    help: 'User for the engine; wins over those in the URL and in the netrc file.',
    parse: nonEmpty
  },
  LEPORELLO_INDEX_PASSWORD: {
    help: 'Password of that user.',
    secret: true,
    parse: nonEmpty
  },
  LEPORELLO_INDEX_NETRC: {
    help: 'netrc file with the engine\'s credentials, as HySDS keeps them; read when they are given nowhere else.',
    fallback: '~/.netrc-os',
    parse: nonEmpty
  },
  LEPORELLO_INDEX_CA: {
    help: 'PEM file with the certificates to trust instead of the system\'s.',
    parse: nonEmpty
  },
  LEPORELLO_INDEX_INSECURE: {
    help: '1 accepts any certificate of the engine, as HySDS does.',
    fallback: '0',
    parse: flag
  },
  LEPORELLO_INDEX_CONTAINERS: {
    help: 'Index or alias of the containers.',
    fallback: 'containers',
    parse: indexName
  },
  LEPORELLO_INDEX_JOB_SPECS: {
    help: 'Index or alias of the job specifications.',
    fallback: 'job_specs',
    parse: indexName
  },
  LEPORELLO_INDEX_HYSDS_IOS: {
    help: 'Index or alias of the hysds_ios.',
    fallback: 'hysds_ios-mozart',
    parse: indexName
  },
  LEPORELLO_INDEX_SETS: {
    help: 'Index or alias of the sets that wait to be shown, and of the order of builds.',
    fallback: 'leporello-sets',
    parse: indexName
  },
  LEPORELLO_INDEX_META: {
    help: 'Index or alias of Leporello\'s own records: uploads, and what the sweep is about to remove.',
    fallback: 'leporello-meta',
    parse: indexName
  },
  LEPORELLO_INDEX_HISTORY: {
    help: 'Index or alias of what was changed, by whom and when.',
    fallback: 'leporello-history',
    parse: indexName
  },
  LEPORELLO_STORE: {
    help: 'Where uploaded tarballs are kept: file:///absolute/folder or s3://bucket[/prefix]. Unset: tarballs in the ' +
      'data folder. S3 credentials and region come from the usual AWS variables, files and roles.',
    parse: storeUrl
  },
  LEPORELLO_S3_ENDPOINT: {
    help: 'Address of an S3-compatible server, http(s)://host:port. Unset: AWS.',
    parse: address
  },
  LEPORELLO_S3_PUBLIC_ENDPOINT: {
    help: 'Where clients reach that server: downloads are redirected there. Unset: they go through this service.',
    parse: address
  },
  LEPORELLO_S3_BUFFER_BYTES: {
    help: 'Memory for the parts of all uploads together.',
    fallback: String(256 * MEBIBYTE),
    parse: integer(5 * MEBIBYTE, 64 * GIBIBYTE)
  },
  LEPORELLO_PUBLIC_URL: {
    help: 'This service\'s own address for workers, http(s)://host[:port][/path]; registered urls start with it. ' +
      'Unset: the address it listens on, if that is a loopback address.',
    parse: address
  },
  LEPORELLO_URL_STYLE: {
    help: 'How uploaded tarballs are registered: s3 (s3://bucket/key), endpoint (s3://regional-endpoint/bucket/key) or ' +
      'service (downloads through this service). Unset: s3 for AWS, otherwise service.',
    parse: oneOf(URL_STYLES)
  },
  LEPORELLO_UPLOAD_MAX_BYTES: {
    help: 'Largest tarball that is accepted.',
    fallback: String(50 * GIBIBYTE),
    parse: integer(1, 5 * 1024 * GIBIBYTE)
  },
  LEPORELLO_UPLOADS: {
    help: 'Uploads at once; more are answered 503 and asked to try later.',
    fallback: '16',
    parse: integer(1, 1000)
  },
  LEPORELLO_UPLOADS_PER_USER: {
    help: 'Uploads at once of one user, or of one address where nobody says who they are; more are answered 429 and asked to ' +
      'try later.',
    fallback: '8',
    parse: integer(1, 1000)
  },
  LEPORELLO_UPLOAD_IDLE_MS: {
    help: 'Milliseconds after which an upload that sends nothing is given up.',
    fallback: '60000',
    parse: integer(100, 3_600_000)
  },
  LEPORELLO_UPLOAD_TIMEOUT_MS: {
    help: 'Milliseconds that one upload may take; at most a quarter of LEPORELLO_SWEEP_GRACE_MS.',
    fallback: String(6 * HOUR_MS),
    parse: integer(1000, 7 * 24 * HOUR_MS)
  },
  LEPORELLO_ALLOW_LENIENT: {
    help: '1 lets everybody upload with verify=lenient, which only warns of a wrong name or of foreign binaries.',
    fallback: '0',
    parse: flag
  },
  LEPORELLO_TAKEOVER_MS: {
    help: 'Milliseconds after which a complete set is published by another Leporello, when the one that should has died; ' +
      'the same on all of them, and at least six times LEPORELLO_INDEX_TIMEOUT_MS. Unset: that, or 30000 if it is more.',
    parse: integer(6, 3_600_000)
  },
  LEPORELLO_SET_EXPIRY_MS: {
    help: 'Milliseconds that a set of architectures waits for the rest after the last one came.',
    fallback: String(24 * HOUR_MS),
    parse: integer(1000, 365 * 24 * HOUR_MS)
  },
  LEPORELLO_HISTORY_DAYS: {
    help: 'Days for which it is told who changed what.',
    fallback: '365',
    parse: integer(1, 36_500)
  },
  LEPORELLO_HISTORY_ENTRIES: {
    help: 'Changes of one name that are told at most, the newest.',
    fallback: '1000',
    parse: integer(1, 9000)
  },
  LEPORELLO_SWEEP_GRACE_MS: {
    help: 'Milliseconds that a tarball no document names is kept before the sweep marks it, and again before it is ' +
      'removed: time for workers that still load it.',
    fallback: String(24 * HOUR_MS),
    parse: integer(4000, 365 * 24 * HOUR_MS)
  },
  LEPORELLO_SWEEP_INTERVAL_MS: {
    help: 'Milliseconds between sweeps that the service makes itself. Unset: only leporello sweep.',
    parse: integer(1000, 30 * 24 * HOUR_MS)
  },
  LEPORELLO_SWEEP_INDICES: {
    help: 'Further indices of the engine whose documents may name tarballs, separated by commas.',
    parse: indexNames
  },
  LEPORELLO_HTPASSWD: {
    help: 'htpasswd file (bcrypt) of the users who may sign in; leporello user writes it. With neither this nor ' +
      'LEPORELLO_ACCESS everybody may do everything.',
    parse: nonEmpty
  },
  LEPORELLO_ACCESS: {
    help: 'File of what users may and of the bearer tokens; leporello user and leporello token write it.',
    parse: nonEmpty
  },
  LEPORELLO_ANONYMOUS_READ: {
    help: '1 lets everybody read everything, as workers and Mozart\'s clients without credentials do.',
    fallback: '0',
    parse: flag
  },
  LEPORELLO_ORIGINS: {
    help: 'Origins of web pages that may change the catalogue, https://host[:port], separated by commas. Unset: none but its own.',
    parse: origins
  },
  LEPORELLO_MOZART_URL: {
    help: 'Address of a Mozart, http(s)://host[:port][/path] before /api: it gets every request that is no route of Leporello\'s.',
    parse: address
  },
  LEPORELLO_MOZART_INSECURE: {
    help: '1 accepts any certificate of that Mozart.',
    fallback: '0',
    parse: flag
  },
  LEPORELLO_MOZART_FORWARD_AUTH: {
    help: '1 hands on to that Mozart the credentials that a request came with.',
    fallback: '0',
    parse: flag
  },
  LEPORELLO_MOZART_TIMEOUT_MS: {
    help: 'Milliseconds that Mozart may be silent before the answer is given up.',
    fallback: '300000',
    parse: integer(100, 3_600_000)
  },
  LEPORELLO_RATE_LIMIT: {
    help: 'Requests a minute of one user, or of one address where nobody says who they are; more are answered 429. 0: any number.',
    fallback: '60000',
    parse: integer(0, 1_000_000_000)
  },
  LEPORELLO_REQUEST_TIMEOUT_MS: {
    help: 'Milliseconds that the head of a request, and after it the body of one that is no upload, may take to arrive.',
    fallback: '60000',
    parse: integer(100, 3_600_000)
  },
  LEPORELLO_OVERLOAD_MS: {
    help: 'Milliseconds that the service may be behind with its work, on average over a second; beyond them new requests are ' +
      'answered 503 at once. 0: never.',
    fallback: '500',
    parse: integer(0, 60_000)
  },
  LEPORELLO_METRICS_PORT: {
    help: 'Port of their own for the metrics, where nobody is asked who they are; 0 picks a free one. Unset: /metrics on LEPORELLO_PORT, ' +
      'for those who may read everything.',
    parse: integer(0, 65_535)
  },
  LEPORELLO_METRICS_HOST: {
    help: 'Address that port is on. Unset: that of LEPORELLO_HOST.',
    parse: nonEmpty
  },
  LEPORELLO_LOG_LEVEL: {
    help: `Least level that is logged: ${LOG_LEVELS.join(', ')}.`,
    fallback: 'info',
    parse: oneOf(LOG_LEVELS)
  },
  LEPORELLO_TLS_CERT: {
    help: 'PEM file with the certificate (chain) to serve https with; goes with LEPORELLO_TLS_KEY.',
    parse: nonEmpty
  },
  LEPORELLO_TLS_KEY: {
    help: 'PEM file with the key of that certificate.',
    parse: nonEmpty
  },
  LEPORELLO_TRUST_PROXY: {
    help: 'Whose X-Forwarded-* and X-Script-Name headers are believed: none, or a comma-separated list of addresses, ' +
      'CIDR blocks, loopback, linklocal, uniquelocal.',
    fallback: 'loopback',
    parse: proxies
  },
  LEPORELLO_SHUTDOWN_GRACE_MS: {
    help: 'Milliseconds that open requests get to finish after SIGTERM.',
    fallback: '30000',
    parse: integer(0, 3_600_000)
  }
} as const satisfies Record<string, Variable<unknown>>

/** What the variables say; undefined where one is unset and has no fallback. */
export type Values = {
  [Name in keyof typeof VARIABLES]: (typeof VARIABLES)[Name] extends { fallback: string }
    ? ReturnType<(typeof VARIABLES)[Name]['parse']>
    : ReturnType<(typeof VARIABLES)[Name]['parse']> | undefined
}
