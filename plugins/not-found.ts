import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import findMyWay from 'find-my-way'
import { NO_SUCH_ROUTE } from '../src/wire/envelope.js'

/**
 * Answers everything that no route does, as Mozart does: OPTIONS and 405 with the methods there are, a redirect for
 * a path with doubled slashes, otherwise 404.
 */
export default fp(async (fastify) => {
  const methods = new Map<string, Set<string>>()
  const paths = findMyWay({ ignoreTrailingSlash: false })

  fastify.addHook('onRoute', ({ method, url }) => {
    // What is handed on to Mozart is known to it alone.
    if (url === '/*') return
    const known = methods.get(url) ?? new Set(['OPTIONS'])
    for (const name of [method].flat()) known.add(name)
    methods.set(url, known)
  })
  fastify.addHook('onReady', async () => {
    for (const url of methods.keys()) paths.on('GET', url, () => {}, methods.get(url))
  })

  fastify.setNotFoundHandler((request, reply) => {
    const path = request.raw.url?.split('?', 1)[0] ?? '/'
    const known = paths.find('GET', path)?.store as Set<string> | undefined
    // A route that is there and says itself that it found nothing (a missing file of the documentation) is a 404.
    if (known !== undefined && (request.method === 'OPTIONS' || !known.has(request.method))) return answerForMethods(request, reply, [...known].sort().join(', '))
    const merged = path.replace(/\/{2,}/g, '/')
    if (merged !== path && paths.find('GET', merged) !== null) {
      return reply.redirect(request.scriptName + merged + (request.raw.url ?? '').slice(path.length), 308)
    }
    return sendJson(reply.code(404), NO_SUCH_ROUTE)
  })
}, { name: 'not-found', dependencies: ['answers', 'proxy'] })

function answerForMethods (request: FastifyRequest, reply: FastifyReply, allow: string): FastifyReply {
  reply.header('allow', allow)
  if (request.method === 'OPTIONS') return reply.type('text/html; charset=utf-8').send('')
  return sendJson(reply.code(405), '{"message": "The method is not allowed for the requested URL."}\n')
}

/** As bytes, since the framework would add a charset to the type of a text. */
function sendJson (reply: FastifyReply, text: string): FastifyReply {
  return reply.type('application/json').send(Buffer.from(text))
}
