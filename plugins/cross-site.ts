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
  // In a container it listens on every address, and only a port of this machine leads there: whoever browses does so here.
  const browsedHere = onlyHere || (own !== undefined && isLoopbackName(own.hostname))

  fastify.addHook('onRequest', (request, reply, done) => {
    if (hostsSent(request) > 1) {
      reply.header('connection', 'close')
      return done(Object.assign(new Error('The request has more than one Host header.'), { statusCode: 400 }))
    }
    const stranger = onlyHere || (browsedHere && isOfBrowser(request)) ? namesOf(request).find(name => name !== own?.host && !isLoopbackName(withoutPort(name))) : undefined
    if (stranger !== undefined) {
      return done(new LeporelloError('HOST_UNKNOWN', `this service is for this machine, and not to be reached as ${withoutPort(stranger)}: ` +
        'set LEPORELLO_PUBLIC_URL to the address that it is to have'))
    }
    if (changes(request) && isForeign(request, allowed)) {
      return done(new LeporelloError('CROSS_SITE', 'a page of another site may not change the catalogue; LEPORELLO_ORIGINS can allow it'))
    }
    done()
  })
}, { name: 'cross-site', dependencies: ['errors'] })

/** RFC 9112, 3.2: node:http would go by the first, and who knows what stands in front by which. */
function hostsSent ({ raw: { rawHeaders } }: FastifyRequest): number {
  return rawHeaders.filter((part, at) => at % 2 === 0 && part.length === 4 && part.toLowerCase() === 'host').length
}

function changes ({ method, routeOptions: { url = '' } }: FastifyRequest): boolean {
  return !HARMLESS.includes(method) || REMOVES.test(url)
}

/** What the client calls the service, and what a proxy, or a page that sends X-Forwarded-Host, says of it. */
function namesOf ({ host, headers }: FastifyRequest): string[] {
  return [headers.host ?? '', host]
}

/**
 * Of what browsers add to every request, and no page can change. X-Forwarded-Host is no such thing: a page may send it,
 * and many a proxy hands it on.
 */
function isForeign ({ method, headers }: FastifyRequest, allowed: ReadonlySet<string>): boolean {
  const { origin, host = '', referer } = headers
  if (origin !== undefined) return !allowed.has(origin) && !isAt(origin, host)
  const site = headers['sec-fetch-site']
  if (site !== undefined) return site === 'cross-site' || site === 'same-site'
  // Over http, browsers say neither of an image or a link, and a page can have them say nothing at all.
  if (referer === undefined) return method === 'GET' && BROWSER.test(headers['user-agent'] ?? '')
  const from = URL.canParse(referer) ? new URL(referer).origin : 'null'
  return !allowed.has(from) && !isAt(from, host)
}

function isOfBrowser ({ headers }: FastifyRequest): boolean {
  return headers.origin !== undefined || BROWSER.test(headers['user-agent'] ?? '')
}

/** All of them, to this day. */
const BROWSER = /^Mozilla\//

/** As it stands in a Host header, or as an address to listen on. */
function isLoopbackName (name: string): boolean {
  const bare = name.replace(/^\[|\]$/g, '')
  return bare === 'localhost' || bare.endsWith('.localhost') || bare === '::1' || (isIP(bare) === 4 && bare.startsWith('127.'))
}

function withoutPort (host: string): string {
  return host.replace(/:\d*$/, '')
}

/** A name has 253 characters at most; to read a longer one as an international name takes the square of its length. */
const LONGEST_ORIGIN = 512

/** Whether a Host header is that origin's, which need not say the port that goes without saying. */
function isAt (origin: string, host: string): boolean {
  if (origin.length > LONGEST_ORIGIN || host.length > LONGEST_ORIGIN || !URL.canParse(origin)) return false
  const { protocol, host: own } = new URL(origin)
  const there = `${protocol}//${host}`
  return own !== '' && URL.canParse(there) && new URL(there).host === own
}
