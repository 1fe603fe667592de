import fp from 'fastify-plugin'

/** Once the service closes, every answer ends its connection: an idle one would hold the process until it times out. */
export default fp(async (fastify) => {
  let closing = false
  fastify.addHook('preClose', (done) => {
    closing = true
    done()
  })
  fastify.addHook('onSend', (_request, reply, payload, done) => {
    if (closing) reply.header('connection', 'close')
    done(null, payload)
  })
}, { name: 'draining' })
