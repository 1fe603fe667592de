import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import { MOZART_VERSIONS } from './wire/mozart-routes.js'

/** Where Mozart serves its two API versions. Leporello serves its whole API under both, and at the root. */
export const MOZART_BASES = MOZART_VERSIONS.map((version) => `/api/${version}` as const)

/** Paths that are served at the root only. */
const OPERATIONS = /^\/(?:health|metrics)(?:\/|$)/

/**
 * How the routes become one OpenAPI 3.1 description: every API route once, with its three servers; a route whose
 * schema has `hide` not at all.
 */
export function openapiOptions (version: string): FastifyDynamicSwaggerOptions {
  return {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Leporello',
        version,
        description: 'The catalogue of a HySDS cluster\'s container images, for several CPU architectures.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' }
      },
      servers: [...MOZART_BASES, '/'].map((url) => ({ url }))
    },
    transform: ({ schema, url }) => {
      const repeated = MOZART_BASES.some((base) => url.startsWith(`${base}/`))
      return { url, schema: repeated ? { ...schema, hide: true } : schema }
    },
    transformObject: (documents) => {
      const document = 'openapiObject' in documents ? documents.openapiObject : {}
      for (const [path, item] of Object.entries(document.paths ?? {})) {
        if (item && OPERATIONS.test(path)) item.servers = [{ url: '/' }]
      }
      return document
    }
  }
}

/** The OpenAPI description of a service that is ready, as YAML. */
export function describeApi (fastify: FastifyInstance): string {
  return fastify.swagger({ yaml: true })
}

interface Served {
  readonly servers?: ReadonlyArray<{ readonly url: string }>
}

/** The description of a service that is ready, with its servers where a proxy serves them, below `scriptName`. */
export function openapiUnder (scriptName: string, fastify: FastifyInstance): object {
  const document = fastify.swagger() as Served & { readonly paths: Record<string, Served> }
  const under = ({ servers, ...rest }: Served): Served => servers === undefined
    ? rest
    : { ...rest, servers: servers.map((server) => ({ ...server, url: scriptName + server.url })) }

  const paths = Object.entries(document.paths).map(([path, item]) => [path, under(item)])
  return { ...under(document), paths: Object.fromEntries(paths) }
}
