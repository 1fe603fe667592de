import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Server } from 'node:https'
import { join } from 'node:path'
import autoload from '@fastify/autoload'
import Fastify, { LogController, type FastifyHttpsOptions, type FastifyInstance, type FastifyServerOptions } from 'fastify'
import type { Logger } from 'pino'
import type { Backends } from './backends.js'
import type { Config } from './config.js'
import { Metrics } from './metrics/metrics.js'
import { observedBackends } from './metrics/observed-backends.js'
import { MOZART_BASES } from './openapi.js'
import { BODY_LIMIT_BYTES } from './wire/body.js'
import { parseUrlEncoded } from './wire/form-urlencoded.js'
import { ProxyHeaders, routedUrl } from './wire/proxy.js'

/** Where the API is served; every route of routes/api is under each. */
export const API_BASES = [...MOZART_BASES, ''] as const

/** Generated clients put whole specifications into the query. */
const HEADER_LIMIT_BYTES = 1024 * 1024

const LEAST_IDLE_MS = 60_000

/** How often connections are looked at for heads that do not arrive. */
const LONGEST_CHECK_MS = 5000

const REQUEST_ID = /^[\w.:-]{1,128}$/

export interface AppOptions {
  readonly config: Config
  readonly backends: Backends
  /** PEM texts; absent: plain HTTP. */
  readonly tls?: { readonly cert: Buffer, readonly key: Buffer }
  readonly logger?: Logger
  /** Those that the backends tell as well; absent: new ones. */
  readonly metrics?: Metrics
}

declare module 'fastify' {
  interface FastifyInstance {
    proxyHeaders: ProxyHeaders
    metrics: Metrics
  }
}

/** The service, complete but not listening. Closing it closes the backends. */
export async function buildApp ({ config, backends: unobserved, tls, logger, metrics = new Metrics() }: AppOptions): Promise<FastifyInstance> {
  const proxyHeaders = new ProxyHeaders(config.server.trustProxy)
  const fastify: FastifyInstance = createServer(tls, httpLimits(config), {
    ...logger ? { loggerInstance: logger } : { logger: false },
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: config.server.trustProxy === false ? false : [...config.server.trustProxy],
    bodyLimit: BODY_LIMIT_BYTES,
    routerOptions: { querystringParser: text => parseUrlEncoded(text) as never, maxParamLength: HEADER_LIMIT_BYTES },
    genReqId: requestId,
    rewriteUrl: request => routedUrl(request.url ?? '/', proxyHeaders.scriptName(request)),
    clientErrorHandler: (error, socket) => { fastify.refuseUnread(error, socket) },
    forceCloseConnections: 'idle',
    // A proxy may have sent a request before it could know: it is answered, and its connection ends with the answer.
    return503OnClosing: false,
    // A connection on which nothing moves for so long is given up, be it a body that stalls in the middle.
    connectionTimeout: Math.max(LEAST_IDLE_MS, config.indexTimeoutMs + 10_000),
    requestTimeout: longestRequestMs(config)
  })
  // Mozart reads form bodies on any method.
  for (const method of ['GET', 'HEAD']) fastify.addHttpMethod(method, { hasBody: true, overrideExisting: true })
  // Schemas describe the API; what a request may hold is decided by the domain, in Mozart's order and words.
  fastify.setValidatorCompiler(() => () => true)
  fastify.decorate('proxyHeaders', proxyHeaders)
  fastify.decorate('metrics', metrics)

  const backends = observedBackends(unobserved, metrics)
  const here = import.meta.dirname
  await fastify.register(autoload, { dir: join(here, '../plugins'), forceESM: true, options: { config, backends } })
  await fastify.register(autoload, { dir: join(here, '../routes'), forceESM: true, ignorePattern: /^api$/ })
  for (const prefix of API_BASES) {
    await fastify.register(autoload, {
      dir: join(here, '../routes/api'), forceESM: true, ignorePattern: /-routes\.js$|schemas\.js$|waiting\.js$/, options: { prefix, config, backends }
    })
  }
  return fastify
}

/** For whatever has no limit of its own; uploads have theirs, which is shorter. */
function longestRequestMs ({ uploads, limits: { requestTimeoutMs } }: Config): number {
  return uploads.timeoutMs + 2 * requestTimeoutMs
}

function httpLimits (config: Config) {
  const { requestTimeoutMs } = config.limits
  return {
    maxHeaderSize: HEADER_LIMIT_BYTES,
    headersTimeout: requestTimeoutMs,
    requestTimeout: longestRequestMs(config),
    connectionsCheckingInterval: Math.min(LONGEST_CHECK_MS, requestTimeoutMs)
  }
}

function createServer (
  tls: AppOptions['tls'], http: ReturnType<typeof httpLimits>, options: FastifyServerOptions
): FastifyInstance {
  return tls === undefined
    ? Fastify({ ...options, http })
    : Fastify({ ...options, https: { ...http, ...tls } } as object as FastifyHttpsOptions<Server>) as unknown as FastifyInstance
}

function requestId ({ headers }: IncomingMessage): string {
  const sent = headers['x-request-id']
  return typeof sent === 'string' && REQUEST_ID.test(sent) ? sent : randomUUID()
}
