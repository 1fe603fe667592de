import { join } from 'node:path'
import type { Config, StoreConfig } from './config/settings.js'
import { VARIABLES, type Values, type Variable } from './config/variables.js'
import { overlap } from './domain/listening-address.js'
import { leastTakeoverMs } from './domain/set-times.js'
import { withoutSecrets } from './domain/userinfo.js'
import { homeFolder } from './home-folder.js'

export type * from './config/settings.js'
export { VARIABLES }

const TAKEOVER_MS = 30_000
const TRIM_INTERVAL_MS = 3_600_000

/** What other commands than those on the catalogue itself read, see their --help. */
const OF_COMMANDS: readonly string[] = [
  'LEPORELLO_URL', 'LEPORELLO_CA', 'LEPORELLO_CACHE', 'LEPORELLO_ENGINE',
  'LEPORELLO_VIA_SERVICE', 'LEPORELLO_VERIFY_TLS', 'LEPORELLO_TIMEOUT', 'LEPORELLO_PATIENCE'
]

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
      problems.push(`${name} must be ${(error as Error).message}${variable.secret ? '' : `, not ${JSON.stringify(shown(text ?? ''))}`}`)
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
  if (values.LEPORELLO_UPLOAD_TIMEOUT_MS > values.LEPORELLO_SWEEP_GRACE_MS / 4) {
    problems.push('LEPORELLO_UPLOAD_TIMEOUT_MS must be at most a quarter of LEPORELLO_SWEEP_GRACE_MS, or the sweep could ' +
      'meet the tarballs of an upload that is not done')
  }
  const leastTakeover = leastTakeoverMs(values.LEPORELLO_INDEX_TIMEOUT_MS)
  if (values.LEPORELLO_TAKEOVER_MS !== undefined && values.LEPORELLO_TAKEOVER_MS < leastTakeover) {
    problems.push(`LEPORELLO_TAKEOVER_MS must be at least six times LEPORELLO_INDEX_TIMEOUT_MS, which is ${leastTakeover}: ` +
      'before that, whoever completed a set may still be publishing it')
  }
  if (values.LEPORELLO_ANONYMOUS_READ && values.LEPORELLO_HTPASSWD === undefined && values.LEPORELLO_ACCESS === undefined) {
    problems.push('LEPORELLO_ANONYMOUS_READ needs LEPORELLO_HTPASSWD or LEPORELLO_ACCESS: without them everybody may do everything')
  }
  if (values.LEPORELLO_SWEEP_INDICES !== undefined && values.LEPORELLO_INDEX_URL === undefined) {
    problems.push('LEPORELLO_SWEEP_INDICES needs LEPORELLO_INDEX_URL: the embedded catalogue has no further indices')
  }
  const endpoints = values.LEPORELLO_S3_ENDPOINT ?? values.LEPORELLO_S3_PUBLIC_ENDPOINT
  if (endpoints !== undefined && values.LEPORELLO_STORE?.kind !== 's3') {
    problems.push('LEPORELLO_S3_ENDPOINT and LEPORELLO_S3_PUBLIC_ENDPOINT need a LEPORELLO_STORE of the form s3://bucket')
  }
  if (values.LEPORELLO_METRICS_HOST !== undefined && values.LEPORELLO_METRICS_PORT === undefined) {
    problems.push('LEPORELLO_METRICS_HOST needs LEPORELLO_METRICS_PORT: without it the metrics are on LEPORELLO_PORT')
  }
  const metrics = metricsConfig(values)
  if (metrics !== undefined && metrics.port === values.LEPORELLO_PORT && metrics.port !== 0 && overlap(metrics.host, values.LEPORELLO_HOST)) {
    problems.push('LEPORELLO_METRICS_PORT must be another port than LEPORELLO_PORT, or LEPORELLO_METRICS_HOST another address than LEPORELLO_HOST')
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
    indexTimeoutMs: values.LEPORELLO_INDEX_TIMEOUT_MS,
    store: storeConfig(values, env['AWS_REGION'] || env['AWS_DEFAULT_REGION']),
    uploads: {
      maxBytes: values.LEPORELLO_UPLOAD_MAX_BYTES,
      maxAtOnce: values.LEPORELLO_UPLOADS,
      maxPerUser: values.LEPORELLO_UPLOADS_PER_USER,
      idleMs: values.LEPORELLO_UPLOAD_IDLE_MS,
      timeoutMs: values.LEPORELLO_UPLOAD_TIMEOUT_MS,
      allowLenient: values.LEPORELLO_ALLOW_LENIENT
    },
    limits: {
      ratePerMinute: values.LEPORELLO_RATE_LIMIT,
      requestTimeoutMs: values.LEPORELLO_REQUEST_TIMEOUT_MS,
      overloadMs: values.LEPORELLO_OVERLOAD_MS
    },
    access: {
      htpasswdFile: values.LEPORELLO_HTPASSWD,
      accountsFile: values.LEPORELLO_ACCESS,
      anonymousRead: values.LEPORELLO_ANONYMOUS_READ,
      origins: values.LEPORELLO_ORIGINS ?? []
    },
    mozart: values.LEPORELLO_MOZART_URL === undefined
      ? undefined
      : {
          url: values.LEPORELLO_MOZART_URL,
          insecure: values.LEPORELLO_MOZART_INSECURE,
          forwardAuth: values.LEPORELLO_MOZART_FORWARD_AUTH,
          timeoutMs: values.LEPORELLO_MOZART_TIMEOUT_MS
        },
    sets: {
      takeoverMs: values.LEPORELLO_TAKEOVER_MS ?? Math.max(TAKEOVER_MS, leastTakeover),
      expiryMs: values.LEPORELLO_SET_EXPIRY_MS
    },
    history: {
      days: values.LEPORELLO_HISTORY_DAYS,
      entries: values.LEPORELLO_HISTORY_ENTRIES,
      trimIntervalMs: TRIM_INTERVAL_MS
    },
    sweep: {
      graceMs: values.LEPORELLO_SWEEP_GRACE_MS,
      intervalMs: values.LEPORELLO_SWEEP_INTERVAL_MS,
      indices: values.LEPORELLO_SWEEP_INDICES ?? []
    },
    metrics
  }
}

function metricsConfig ({ LEPORELLO_METRICS_HOST: host, LEPORELLO_METRICS_PORT: port, LEPORELLO_HOST: own }: Values): Config['metrics'] {
  return port === undefined ? undefined : { host: host ?? own, port }
}

/** A value that cannot be used, for a message: where a url was meant, a secret may be before an @ and in its query. */
function shown (value: string): string {
  return withoutSecrets(value.replace(/^[^]*@/, '...@').replace(/[?#][^]+/, ([sign]) => `${sign}...`))
}

function storeConfig (values: Values, region: string | undefined): StoreConfig {
  const place = values.LEPORELLO_STORE ?? { kind: 'folder', root: join(values.LEPORELLO_DATA_DIR, 'tarballs') }
  return {
    place: place.kind === 'folder'
      ? place
      : {
          ...place,
          region,
          endpoint: values.LEPORELLO_S3_ENDPOINT,
          publicEndpoint: values.LEPORELLO_S3_PUBLIC_ENDPOINT,
          partBufferBytes: values.LEPORELLO_S3_BUFFER_BYTES
        },
    urlStyle: place.kind === 'folder' ? 'service' : values.LEPORELLO_URL_STYLE,
    publicUrl: values.LEPORELLO_PUBLIC_URL
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
    netrcFile: values.LEPORELLO_INDEX_NETRC.replace(/^~(?=\/)/, () => homeFolder()),
    caFile: values.LEPORELLO_INDEX_CA,
    insecure: values.LEPORELLO_INDEX_INSECURE,
    indices: {
      container: values.LEPORELLO_INDEX_CONTAINERS,
      job_spec: values.LEPORELLO_INDEX_JOB_SPECS,
      hysds_io: values.LEPORELLO_INDEX_HYSDS_IOS,
      sets: values.LEPORELLO_INDEX_SETS,
      meta: values.LEPORELLO_INDEX_META,
      history: values.LEPORELLO_INDEX_HISTORY
    }
  }
}

/** Names in `env` that look like ours and are not: most likely typing errors, worth a warning at start. */
export function unknownVariables (env: Readonly<Record<string, string | undefined>>): string[] {
  return Object.keys(env).filter(name => (
    name.startsWith('LEPORELLO_') && !Object.hasOwn(VARIABLES, name) && !OF_COMMANDS.includes(name))).sort()
}
