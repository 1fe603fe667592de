import rateLimit from '@fastify/rate-limit'
import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { Gate } from '../src/access/gate.js'
import type { AppOptions } from '../src/app.js'
import { Catalogue } from '../src/catalogue/catalogue.js'
import { GuardedCatalogue } from '../src/catalogue/guarded-catalogue.js'
import { readableBy } from '../src/catalogue/readable-index.js'
import { ConfigError } from '../src/config.js'
import { Caller, unauthorized } from '../src/domain/caller.js'
import { hasBody } from '../src/wire/has-body.js'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who sends it. */
    caller: Caller
    /** The catalogue as that one may use it. */
    readonly catalogue: GuardedCatalogue
  }
}

/** Open to everybody: whether the service is well, and what its API is. Every other route is closed. */
const PUBLIC = /^(?:\/health\/.*|\/swaggerui(?:\/.*)?|\/api\/v0\.[12](?:\/(?:doc\/?|openapi\.json|swagger\.json)?)?)$/

/** Asks everybody who they are, before anything of a body is read, where the configuration says so. */
export default fp<AppOptions>(async (fastify, { config, backends: { index, images, publicUrl } }) => {
  const { access, indexTimeoutMs, sets: { takeoverMs } } = config
  const gate = new Gate({ ...access, onTrouble: (file, error) => { fastify.log.error({ err: error, file }, 'what it said before still holds') } })
  await gate.check().catch((error: Error) => { throw new ConfigError(error.message) })

  fastify.decorateRequest('caller', null as unknown as Caller)
  fastify.decorateRequest('catalogue', {
    getter () { return guarded(this) }
  })

  const guarded = ({ caller, id }: FastifyRequest): GuardedCatalogue => {
    const { catalogue } = fastify
    const readable = caller.isUnrestricted
      ? catalogue
      : new Catalogue({ index: readableBy(caller, index), images, requestTimeoutMs: indexTimeoutMs, takeoverMs, publicUrl })
    return new GuardedCatalogue(catalogue, readable, caller, id)
  }

  fastify.addHook('onRequest', (request, _reply, done) => {
    request.caller = Caller.anybody
    if (gate.isOpen || isPublic(request)) return done()
    gate.caller(request.headers.authorization, rateLimit.normalizeIP(request.ip)).then(caller => {
      request.caller = caller
      done(caller.isKnown ? undefined : unauthorized('this needs a user and password, or a token'))
    }, done)
  })
}, { name: 'access', dependencies: ['catalogue', 'errors', 'overload', 'sizes'] })

function isPublic ({ is404, method, headers, raw, routeOptions: { url } }: FastifyRequest): boolean {
  if (is404 || PUBLIC.test(url ?? '')) return true
  // Browsers send no credentials when they ask whether they may; whatever else is handed on to Mozart needs some.
  return method === 'OPTIONS' && (url !== '/*' || (headers['access-control-request-method'] !== undefined && !hasBody(raw.headers)))
}
