import fp from 'fastify-plugin'

/** One line a request, by route pattern and path; never the query, which may hold a url with credentials. */
export default fp(async (fastify) => {
  fastify.addHook('onResponse', (request, reply, done) => {
    const left = request.raw.destroyed && !request.raw.complete
    request.log.info({
      method: request.method,
      route: request.routeOptions.url,
      path: request.raw.url?.split('?', 1)[0]?.slice(0, 200),
      status: left ? 499 : reply.statusCode,
      ms: Math.round(reply.elapsedTime * 10) / 10,
      client: request.ip
    }, 'request')
    done()
  })
}, { name: 'request-log' })
