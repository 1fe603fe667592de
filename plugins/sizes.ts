import fp from 'fastify-plugin'
import { LeporelloError } from '../src/errors.js'
import { hasTooManyPairs, MOST_PAIRS } from '../src/wire/form-urlencoded.js'

const MOST_HEADERS = 1000

/** What of a request's head would be left out, since there is too much of it, is refused instead: it could be what matters. */
export default fp(async (fastify) => {
  // The parser of Node drops what is beyond without a word.
  fastify.server.maxHeadersCount = MOST_HEADERS + 1
  fastify.addHook('onRequest', ({ raw: { rawHeaders, url = '' } }, _reply, done) => {
    if (rawHeaders.length > 2 * MOST_HEADERS) return done(new LeporelloError('TOO_LARGE', `the request has more than ${MOST_HEADERS} headers`))
    if (url.length > MOST_PAIRS && hasTooManyPairs(url)) return done(new LeporelloError('TOO_LARGE', `the query has more than ${MOST_PAIRS} parameters`))
    done()
  })
}, { name: 'sizes', dependencies: ['answers', 'errors'] })
