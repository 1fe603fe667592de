import { homedir } from 'node:os'
import { compile } from '@fastify/proxy-addr'

/** What the service was told, as values. Made once at start by `loadConfig`; nothing else reads the environment. */
export interface Config {
  readonly server: {
    readonly host: string
    readonly port: number
    /** Paths of PEM files; absent: plain HTTP. */
    readonly tls: { readonly certFile: string, readonly keyFile: string } | undefined
    /** Whose X-Forwarded-* and X-Script-Name headers are believed; false: nobody's. */
    readonly trustProxy: readonly string[] | false
    readonly shutdownGraceMs: number
  }
  readonly log: { readonly level: LogLevel }
  readonly index: EmbeddedIndexConfig | SearchIndexConfig
  /** How long a request may work on the index before it is answered 503. */
  readonly indexTimeoutMs: number
}

export interface EmbeddedIndexConfig {
  readonly kind: 'embedded'
  readonly folder: string
}

export interface SearchIndexConfig {
  readonly kind: 'search'
  /** At least one; credentials may be in them. */
  readonly nodes: readonly string[]
  /** Absent: the engine is asked. */
  readonly engine: typeof ENGINES[number] | undefined
  readonly username: string | undefined
  readonly password: string | undefined
  /** A netrc file with credentials, for when they are given nowhere else; it need not exist. */
  readonly netrcFile: string
  readonly caFile: string | undefined
  readonly insecure: boolean
  readonly indices: { readonly container: string, readonly job_spec: string, readonly hysds_io: string }
}

const ENGINES = ['elasticsearch7', 'elasticsearch', 'opensearch'] as const

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

type LogLevel = typeof LOG_LEVELS[number]

interface Variable<T> {
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

type Variables = typeof VARIABLES

type Values = {
  [Name in keyof Variables]: Variables[Name] extends { fallback: string }
    ? ReturnType<Variables[Name]['parse']>
    : ReturnType<Variables[Name]['parse']> | undefined
}

/** The environment cannot be used. `message` names every wrong variable, a line each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

/**
 * Reads the configuration from `env`. An empty value counts as unset.
 * @throws {ConfigError} naming everything that is wrong at once.
 */
export function loadConfig (env: Readonly<Record<string, string | undefined>>): Config {
  const problems: string[] = []
  const values = Object.fromEntries(Object.entries<Variable<unknown>>(VARIABLES).map(([name, variable]) => {
    const text = env[name] || variable.fallback
    try {
      return [name, text === undefined ? undefined : variable.parse(text)]
    } catch (error) {
      problems.push(`${name} must be ${(error as Error).message}${variable.secret ? '' : `, not ${JSON.stringify(text)}`}`)
      return [name, undefined]
    }
  })) as Values

  const certFile = values.LEPORELLO_TLS_CERT
  const keyFile = values.LEPORELLO_TLS_KEY
  if ((certFile === undefined) !== (keyFile === undefined)) {
    problems.push('LEPORELLO_TLS_CERT and LEPORELLO_TLS_KEY must be given together')
  }
  if ((values.LEPORELLO_INDEX_USER === undefined) !== (values.LEPORELLO_INDEX_PASSWORD === undefined)) {
    problems.push('LEPORELLO_INDEX_USER and LEPORELLO_INDEX_PASSWORD must be given together')
  }
  if (problems.length > 0) throw new ConfigError(problems.join('\n'))

  return {
    server: {
      host: values.LEPORELLO_HOST,
      port: values.LEPORELLO_PORT,
      tls: certFile === undefined || keyFile === undefined ? undefined : { certFile, keyFile },
      trustProxy: values.LEPORELLO_TRUST_PROXY,
      shutdownGraceMs: values.LEPORELLO_SHUTDOWN_GRACE_MS
    },
    log: { level: values.LEPORELLO_LOG_LEVEL },
    index: indexConfig(values),
    indexTimeoutMs: values.LEPORELLO_INDEX_TIMEOUT_MS
  }
}

function indexConfig (values: Values): Config['index'] {
  const nodes = values.LEPORELLO_INDEX_URL
  if (nodes === undefined) return { kind: 'embedded', folder: values.LEPORELLO_DATA_DIR }
  return {
    kind: 'search',
    nodes,
    engine: values.LEPORELLO_INDEX_KIND,
    username: values.LEPORELLO_INDEX_USER,
    password: values.LEPORELLO_INDEX_PASSWORD,
    netrcFile: values.LEPORELLO_INDEX_NETRC.replace(/^~(?=\/)/, homedir()),
    caFile: values.LEPORELLO_INDEX_CA,
    insecure: values.LEPORELLO_INDEX_INSECURE,
    indices: {
      container: values.LEPORELLO_INDEX_CONTAINERS,
      job_spec: values.LEPORELLO_INDEX_JOB_SPECS,
      hysds_io: values.LEPORELLO_INDEX_HYSDS_IOS
    }
  }
}

/** Names in `env` that look like ours and are not: most likely typing errors, worth a warning at start. */
export function unknownVariables (env: Readonly<Record<string, string | undefined>>): string[] {
  return Object.keys(env).filter(name => name.startsWith('LEPORELLO_') && !Object.hasOwn(VARIABLES, name)).sort()
}

function nonEmpty (text: string): string {
  if (text.trim() === '') throw new Error('more than white space')
  return text
}

function integer (least: number, most: number) {
  return (text: string): number => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN
    if (!(value >= least && value <= most)) throw new Error(`a whole number from ${least} to ${most}`)
    return value
  }
}

function oneOf<T extends string> (accepted: readonly T[]) {
  return (text: string): T => {
    const found = accepted.find(value => value === text)
    if (found === undefined) throw new Error(`one of ${accepted.join(', ')}`)
    return found
  }
}

function proxies (text: string): readonly string[] | false {
  if (text === 'none') return false
  const list = text.split(',').map(item => item.trim())
  try {
    compile(list)
  } catch {
    throw new Error('none, or a comma-separated list of addresses, CIDR blocks, loopback, linklocal, uniquelocal')
  }
  return list
}

function flag (text: string): boolean {
  return oneOf(['0', '1'])(text) === '1'
}

function urls (text: string): readonly string[] {
  return text.split(',').map(item => {
    const url = URL.canParse(item.trim()) ? new URL(item.trim()) : undefined
    if (url === undefined || !/^https?:$/.test(url.protocol)) {
      throw new Error('one or more http:// or https:// addresses separated by commas')
    }
    return url.href
  })
}

/** One index or alias: no list, no pattern. */
function indexName (text: string): string {
  if (!/^[a-z0-9][a-z0-9_.-]*$/.test(text)) throw new Error('the name of one index: lower-case letters, digits and "_.-"')
  return text
}
