import { MOZART_ROUTES, type MozartRoute, type MozartVersion } from './mozart-routes.js'

const ENVELOPE = {
  success: { type: 'boolean', description: 'false where the request was refused' },
  message: { type: 'string', description: 'what was done, or why it was not' }
}

const RESULTS = {
  ids: { type: 'array', items: { type: 'string' } },
  id: { type: 'string' },
  // What flask-restx calls a value of any type; generated clients hand it on as it is.
  document: { type: 'object' }
}

const PARAMETERS = {
  id: 'The name it is registered under',
  name: 'The name to register the container under, such as container-hello:1.0',
  version: 'The version of the container',
  digest: 'The id of the image, as docker inspect prints it',
  url: 'Where the tarball for amd64 is; may be left out beside urls',
  urls: 'JSON text: an object from each CPU architecture to where its tarball is',
  spec: 'JSON text: the specification, with its id'
}

const MASK = {
  name: 'X-Fields',
  in: 'header',
  type: 'string',
  format: 'mask',
  description: 'The members to answer with, such as {success,result{id}}'
}

/**
 * The Swagger 2.0 description of the routes of Mozart's that Leporello serves, with Mozart's operation ids, parameters
 * and models, so that a client generated from either description has the same methods. `scriptName` is the path a
 * proxy serves the service under, `''` when there is none.
 */
export function mozartSwagger (version: MozartVersion, scriptName: string): object {
  const routes = MOZART_ROUTES[version]
  const paths: Record<string, Record<string, object>> = {}
  for (const route of routes) paths[route.path] = { ...paths[route.path], [route.method]: operation(route) }
  return {
    swagger: '2.0',
    basePath: `${scriptName}/api/${version}`,
    info: {
      title: 'Mozart API',
      version: version.slice(1),
      description: 'The registration of containers, job specifications and HySDS IOs, as Mozart has it'
    },
    produces: ['application/json'],
    consumes: ['application/json'],
    tags: [
      { name: 'job_spec', description: 'Job specifications' },
      { name: 'container', description: 'Containers' },
      { name: 'hysds_io', description: 'HySDS IO specifications' }
    ],
    paths,
    definitions: Object.fromEntries(routes.map((route) => [definitionName(route), definition(route)]))
  }
}

function operation (route: MozartRoute) {
  const parameters = route.parameters.map((name) => ({
    name,
    in: 'query',
    type: 'string',
    required: name !== 'url' && name !== 'urls',
    description: PARAMETERS[name]
  }))
  return {
    operationId: route.operationId,
    summary: route.summary,
    tags: [route.path.split('/')[1]],
    parameters: [...parameters, MASK],
    responses: {
      200: {
        description: 'Success',
        schema: { $ref: `#/definitions/${encodeURIComponent(definitionName(route))}` }
      },
      400: { description: 'A parameter is missing or cannot be accepted' },
      404: { description: 'Nothing is registered under the id' },
      503: { description: 'The index cannot be reached; try again later' }
    }
  }
}

function definition ({ result }: MozartRoute) {
  return {
    type: 'object',
    required: result === undefined ? ['message', 'success'] : ['message', 'result', 'success'],
    properties: result === undefined ? ENVELOPE : { ...ENVELOPE, result: RESULTS[result] }
  }
}

function definitionName ({ model }: MozartRoute): string {
  return `${model} Response(JSON)`
}
