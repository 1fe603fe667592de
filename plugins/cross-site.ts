import { isIP } from 'node:net'
import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { AppOptions } from '../src/app.js'
import { LeporelloError } from '../src/errors.js'

const HARMLESS = ['GET', 'HEAD', 'OPTIONS']

/** Mozart removes by GET as well. */
const REMOVES = /\/remove$/

/**
 * Keeps pages of other sites from changing the catalogue with the browser of somebody who may: Mozart's CORS headers let
 * every page read the answers, and a form needs no leave at all. And where only this machine is to reach the service,
 * nobody else's name may lead to it.
 */
export default fp<AppOptions>(async (fastify, { config: { access: { origins }, server: { host }, store: { publicUrl } } }) => {
  const own = publicUrl === undefined ? undefined : new URL(publicUrl)
  const allowed = new Set([...origins, ...own === undefined ? [] : [own.origin]])
  const onlyHere = isLoopbackName(host)

  fastify.addHook('onRequest', (request, _reply, done) => {
    if (onlyHere && !isLoopbackName(request.hostname) && request.host !== own?.host) {
      return done(new LeporelloError('HOST_UNKNOWN', `this service is for this machine, and not to be reached as ${request.hostname}: ` +
        'set LEPORELLO_PUBLIC_URL to the address that it is to have'))
    }
    if (changes(request) && isForeign(request, allowed)) {
      return done(new LeporelloError('CROSS_SITE', 'a page of another site may not change the catalogue; LEPORELLO_ORIGINS can allow it'))
    }
    done()
  })
}, { name: 'cross-site', dependencies: ['errors'] })

function changes ({ method, routeOptions: { url = '' } }: FastifyRequest): boolean {
  return !HARMLESS.includes(method) || REMOVES.test(url)
}

/** Of what browsers add to every request, and no page can change. */
function isForeign ({ headers, host, protocol }: FastifyRequest, allowed: ReadonlySet<string>): boolean {
  const { origin } = headers
  if (origin !== undefined) return !allowed.has(origin) && !(hostOf(origin) !== undefined && hostOf(origin) === hostOf(`${protocol}://${host}`))
  const site = headers['sec-fetch-site']
  return site === 'cross-site' || site === 'same-site'
}

/** As it stands in a Host header, or as an address to listen on. */
function isLoopbackName (name: string): boolean {
  const bare = name.replace(/^\[|\]$/g, '')
  return bare === 'localhost' || bare.endsWith('.localhost') || bare === '::1' || (isIP(bare) === 4 && bare.startsWith('127.'))
}

/** Without the port that goes without saying. */
function hostOf (url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).host : undefined
}
