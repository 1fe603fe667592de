import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { Agent, errors, type Dispatcher } from 'undici'
import type { AppOptions } from '../src/app.js'
import type { BackendHealth } from '../src/ports/backend-health.js'
import { LeporelloError } from '../src/errors.js'
import { hasBody } from '../src/wire/has-body.js'
import { mayBePassed } from '../src/wire/passed-path.js'
import { sendContinue } from '../src/wire/send-continue.js'
import { traceIdOf } from '../src/wire/trace-parent.js'

declare module 'fastify' {
  interface FastifyInstance {
    /** How the Mozart behind is; undefined where there is none. Never rejects. */
    mozartHealth: () => Promise<BackendHealth | undefined>
  }
}

/** Of one connection, not of what passes over it (RFC 9110, 7.6.1). */
const HOP_BY_HOP = ['connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'expect']

/** What proxies say, and Mozart believes: only from those that we believe. */
const OF_PROXIES = /^(?:forwarded|x-forwarded-.*|x-scheme|x-script-name|x-real-ip)$/

/** Ours are on the answer already. */
const OURS = ['x-request-id', 'access-control-allow-origin']

/** To WSGI an underscore is a hyphen. No proxy writes these. */
function isOfProxiesForWsgi (name: string): boolean {
  const taken = name.replaceAll('_', '-')
  return taken !== name && (OF_PROXIES.test(taken) || taken === 'x-request-id')
}

/** How long it may take to say that it is there. */
const HEALTH_MS = 2000

/** So that it is we who say that Mozart is late. */
const AFTER_MOZART_MS = 5000

const REASONS = {
  left: 'the client left before the Mozart behind this service answered',
  late: 'the Mozart behind this service does not answer in time',
  unreachable: 'the Mozart behind this service cannot be reached, or broke off'
}

const METHODS = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT']

/**
 * Hands on to the Mozart behind whatever is no route of ours, so that a site changes one address and loses nothing:
 * bodies as they come, headers, redirects and errors as they are.
 */
export default fp<AppOptions>(async (fastify, { config: { mozart } }) => {
  fastify.decorate('mozartHealth', async () => undefined)
  if (mozart === undefined) return
  const agent = new Agent({ connect: { rejectUnauthorized: !mozart.insecure }, bodyTimeout: mozart.timeoutMs, headersTimeout: mozart.timeoutMs })
    .compose(dispatch => (options, handler) => dispatch(options, withHeadersAsBytes(handler)))
  const healthAgent = new Agent({ connect: { rejectUnauthorized: !mozart.insecure, timeout: HEALTH_MS }, bodyTimeout: HEALTH_MS, headersTimeout: HEALTH_MS })
  // Nobody waits for an answer any more: all connections of clients are closed by now.
  fastify.addHook('onClose', async () => { await Promise.all([agent.destroy(), healthAgent.destroy()]) })

  fastify.mozartHealth = async () => {
    try {
      await Promise.race([askForHealth(mozart.url), tooLate()])
      return { kind: 'mozart', state: 'up' }
    } catch (error) {
      return { kind: 'mozart', state: 'down', reason: (error as Error).message }
    }
  }

  async function askForHealth (url: string): Promise<void> {
    const { body } = await healthAgent.request({ origin: new URL(url).origin, path: '/', method: 'HEAD' })
    await body.dump()
  }

  await fastify.register(async passing => {
    passing.removeAllContentTypeParsers()
    passing.addContentTypeParser('*', (_request, body, done) => { done(null, body) })
    passing.route({
      method: METHODS,
      url: '/*',
      schema: { hide: true },
      config: { readsBody: true },
      exposeHeadRoute: false,
      handler: async (request, reply) => {
        const [path = '/'] = pathSent(request).split('?', 1)
        if (!mayBePassed(path)) return reply.callNotFound()
        request.caller.checkRole(['GET', 'HEAD', 'OPTIONS'].includes(request.method) ? 'read' : 'write')
        request.caller.checkEverything()
        return await pass(request, reply)
      }
    })
  })

  async function pass (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    sendContinue(request.raw, reply.raw)
    waitForMozart(request)
    const left = new AbortController()
    reply.raw.once('close', () => left.abort())
    const answer = await ask(request, left.signal).catch((error: Error) => {
      const outcome = left.signal.aborted ? 'left' : error instanceof errors.HeadersTimeoutError ? 'late' : 'unreachable'
      fastify.metrics.mozart.inc({ outcome })
      throw new LeporelloError('MOZART_UNAVAILABLE', REASONS[outcome], { cause: error })
    })
    fastify.metrics.mozart.inc({ outcome: 'answered' })
    reply.brokenBy = 'MOZART_UNAVAILABLE'
    reply.code(answer.statusCode)
    for (const [name, value] of Object.entries(answer.headers)) {
      if (value !== undefined && !HOP_BY_HOP.includes(name) && !OURS.includes(name)) reply.header(name, name === 'location' ? located(request, value) : value)
    }
    return await reply.send(answer.body)
  }

  /** It may be silent for longer than a connection otherwise may; a client that has not sent its body yet may not. */
  function waitForMozart ({ raw }: FastifyRequest): void {
    const wait = () => { raw.socket.setTimeout(Math.max(raw.socket.timeout ?? 0, mozart!.timeoutMs + AFTER_MOZART_MS)) }
    if (raw.complete || !hasBody(raw.headers)) wait()
    else raw.once('end', wait)
  }

  async function ask (request: FastifyRequest, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const { method, raw } = request
    const base = new URL(mozart!.url)
    return await agent.request({
      origin: base.origin,
      path: base.pathname.replace(/\/$/, '') + pathSent(request),
      method: method as Dispatcher.HttpMethod,
      headers: headersFor(request, base.host),
      signal,
      body: hasBody(raw.headers) ? request.body as Readable ?? raw : null
    })
  }

  function headersFor ({ headers, raw, ip, host, protocol, scriptName, id }: FastifyRequest, upstream: string): IncomingHttpHeaders {
    const believed = fastify.proxyHeaders.areBelieved(raw)
    const named = new Set(String(headers.connection ?? '').toLowerCase().split(',').map(name => name.trim()))
    // A trace that nobody can follow ends here, as its rules say.
    const notTraced = traceIdOf(headers.traceparent) === undefined ? ['traceparent', 'tracestate'] : []
    const kept = Object.entries(headers).filter(([name]) =>
      !HOP_BY_HOP.includes(name) && !named.has(name) && !notTraced.includes(name) && (name !== 'authorization' || mozart!.forwardAuth) &&
      name !== 'x-script-name' && (believed || !OF_PROXIES.test(name)) && !isOfProxiesForWsgi(name))
    return {
      ...Object.fromEntries(kept),
      host: upstream,
      'x-request-id': id,
      'x-forwarded-for': ip,
      'x-forwarded-host': host,
      'x-forwarded-proto': protocol,
      ...scriptName !== '' && { 'x-script-name': scriptName }
    }
  }

  /** A redirect within Mozart leads to where its client finds it: here. */
  function located ({ scriptName, protocol, host }: FastifyRequest, value: string | string[]): string | string[] {
    const base = mozart!.url.replace(/\/$/, '')
    if (typeof value !== 'string' || !(value === base || value.startsWith(`${base}/`))) return value
    return `${protocol}://${host}${scriptName}${value.slice(base.length)}`
  }
}, { name: 'pass-through', dependencies: ['access', 'not-found'] })

/** A machine that is gone takes the time of a connection, which whoever asks whether we are ready has not got. */
async function tooLate (): Promise<never> {
  await setTimeout(HEALTH_MS, undefined, { ref: false })
  throw new Error(`it does not answer within ${HEALTH_MS / 1000} s`)
}

/**
 * The same handler, given the values of headers as the bytes they are, in the way node:http takes them. By itself undici
 * takes them for UTF-8, but for that of content-disposition beside a length, which it makes bytes again.
 */
function withHeadersAsBytes (handler: Dispatcher.DispatchHandlers): Dispatcher.DispatchHandlers {
  const onHeaders = handler.onHeaders?.bind(handler)
  handler.onHeaders = (status, headers, resume, text) => {
    const names = headers.map((part, at) => at % 2 === 0 ? part.toString().toLowerCase() : '')
    const kept = names.includes('content-length') ? 'content-disposition' : undefined
    const values = headers.map((part, at) => at % 2 === 0 || names[at - 1] === kept ? part : part.toString('latin1') as unknown as Buffer)
    return onHeaders?.(status, values, resume, text) ?? true
  }
  return handler
}

/** As the client wrote it, without what a proxy in front put before it. */
function pathSent ({ originalUrl, scriptName }: FastifyRequest): string {
  return scriptName !== '' && originalUrl.startsWith(`${scriptName}/`) ? originalUrl.slice(scriptName.length) : originalUrl
}
