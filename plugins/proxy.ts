import fp from 'fastify-plugin'

declare module 'fastify' {
  interface FastifyRequest {
    /** Prefix of every path in the service's public address space: empty, or e.g. `/mozart`. Never ends in a slash. */
    readonly scriptName: string
  }
}

export default fp(async (fastify) => {
  fastify.decorateRequest('scriptName', {
    getter () { return this.server.proxyHeaders.scriptName(this.raw) }
  })
}, { name: 'proxy' })
