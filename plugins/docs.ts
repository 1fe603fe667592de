import helmet from '@fastify/helmet'
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { openapiOptions, openapiUnder } from '../src/openapi.js'
import { VERSION } from '../src/version.js'
import { docsPage, type DocsPage } from '../src/wire/docs-page.js'
import { MOZART_VERSIONS } from '../src/wire/mozart-routes.js'
import { mozartSwagger } from '../src/wire/swagger.js'

const schema = { hide: true }

/**
 * Of the pages. Each has a policy of its own, and whether a host is reached by https alone is for whoever runs it to say:
 * its other ports are of the same name. Over http it is by the referrer that they are known for pages of this service.
 */
const HEADERS = {
  contentSecurityPolicy: false, strictTransportSecurity: false, xPoweredBy: false, referrerPolicy: { policy: 'same-origin' }
} as const

/** Where Mozart, too, has the files of Swagger UI. */
const ASSETS = '/swaggerui'

/**
 * The API's descriptions and a page to browse them, under both of Mozart's bases. Comes before the routes it is to
 * describe.
 */
export default fp(async (fastify) => {
  await fastify.register(swagger, openapiOptions(VERSION))
  await fastify.register(swaggerUi, {
    routePrefix: ASSETS,
    // Only its files are wanted: its own page has absolute addresses and offers one description.
    uiHooks: { onRequest: async (request, reply) => redirect(request, reply, '/api/v0.1/doc/') }
  })

  // Its hooks are for the pages alone.
  await fastify.register(async pages => {
    await pages.register(helmet, HEADERS)
    for (const version of MOZART_VERSIONS) {
      const atBase = docsPage('', `../..${ASSETS}/static/`)
      const atDoc = docsPage('../', `../../..${ASSETS}/static/`)
      pages.get(`/api/${version}/`, { schema }, (_request, reply) => sendPage(reply, atBase))
      pages.get(`/api/${version}/doc/`, { schema }, (_request, reply) => sendPage(reply, atDoc))
    }
  })

  for (const version of MOZART_VERSIONS) {
    const base = `/api/${version}`
    fastify.get(base, { schema }, (request, reply) => redirect(request, reply, `${base}/`))
    fastify.get(`${base}/doc`, { schema }, (request, reply) => redirect(request, reply, `${base}/doc/`))
    fastify.get(`${base}/openapi.json`, { schema }, (request, reply) => {
      return sendJson(reply, openapiUnder(request.scriptName, fastify))
    })
    fastify.get(`${base}/swagger.json`, { schema }, (request, reply) => {
      return sendJson(reply, mozartSwagger(version, request.scriptName))
    })
  }
}, { name: 'docs', dependencies: ['not-found'] })

function sendPage (reply: FastifyReply, { html, policy }: DocsPage): FastifyReply {
  return reply.header('content-security-policy', policy).type('text/html; charset=utf-8').send(html)
}

/** Plain JSON; as bytes, since the framework would add a charset to the type of a text. */
function sendJson (reply: FastifyReply, description: object): FastifyReply {
  return reply.type('application/json').send(Buffer.from(JSON.stringify(description)))
}

function redirect (request: FastifyRequest, reply: FastifyReply, path: string): FastifyReply {
  return reply.redirect(request.scriptName + path, 308)
}
