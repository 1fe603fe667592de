import t from 'tap'
import { mozartSwagger } from '../../src/wire/swagger.js'

interface Swagger {
  readonly swagger: string
  readonly basePath: string
  readonly info: { readonly title: string, readonly version: string }
  readonly consumes: readonly string[]
  readonly produces: readonly string[]
  readonly paths: Record<string, Record<string, Operation>>
  readonly definitions: Record<string, { readonly required: readonly string[], readonly properties: object }>
}

interface Operation {
  readonly operationId: string
  readonly parameters: ReadonlyArray<{ readonly name: string, readonly in: string, readonly required?: boolean }>
  readonly responses: Record<string, { readonly schema?: { readonly $ref: string } }>
}

const describe = (version: 'v0.1' | 'v0.2', scriptName = '') => mozartSwagger(version, scriptName) as Swagger

const signatures = ({ paths }: Swagger) => Object.entries(paths).flatMap(([path, operations]) =>
  Object.entries(operations).map(([method, { operationId, parameters }]) =>
    `${method} ${path} ${operationId} ${parameters.map(({ name, required }) => required ? name : `[${name}]`).join()}`))

const model = (swagger: Swagger, path: string, method: string): readonly [name: string, properties: object] => {
  const name = decodeURIComponent(swagger.paths[path]?.[method]?.responses['200']?.schema?.$ref.slice(14) ?? '')
  return [name, swagger.definitions[name]?.properties ?? {}]
}

t.test('v0.1 has the operations of Mozart', async (t) => {
  t.strictSame(signatures(describe('v0.1')), [
    'get /container/list get_get_container_types [X-Fields]',
    'post /container/add post_get_container_add name,[url],version,digest,[urls],[X-Fields]',
    'get /container/info get_get_container_info id,[X-Fields]',
    'get /container/remove get_get_container_remove id,[X-Fields]',
    'get /job_spec/list get_get_job_types [X-Fields]',
    'post /job_spec/add post_add_job_spec_type spec,[X-Fields]',
    'get /job_spec/type get_get_job_spec_type id,[X-Fields]',
    'get /job_spec/remove get_remove_job_spec_type id,[X-Fields]',
    'get /hysds_io/list get_get_hy_sdsio_types [X-Fields]',
    'post /hysds_io/add post_add_hy_sdsio_type spec,[X-Fields]',
    'get /hysds_io/type get_get_hy_sdsio_type id,[X-Fields]',
    'get /hysds_io/remove get_remove_hy_sdsio_type id,[X-Fields]'
  ])
})

t.test('v0.2 has the operations of Mozart', async (t) => {
  t.strictSame(signatures(describe('v0.2')), [
    'get /container/list get_container_types [X-Fields]',
    'get /container get_containers id,[X-Fields]',
    'post /container post_containers name,[url],version,digest,[urls],[X-Fields]',
    'delete /container delete_containers id,[X-Fields]',
    'get /job_spec/list get_get_job_types [X-Fields]',
    'get /job_spec get_job_specs id,[X-Fields]',
    'post /job_spec post_job_specs spec,[X-Fields]',
    'delete /job_spec delete_job_specs id,[X-Fields]',
    'get /hysds_io/list get_hy_sdsio_types [X-Fields]',
    'get /hysds_io get_hy_sd_sio id,[X-Fields]',
    'post /hysds_io post_hy_sd_sio spec,[X-Fields]',
    'delete /hysds_io delete_hy_sd_sio id,[X-Fields]'
  ])
})

t.test('it says what it is and where it is served', async (t) => {
  t.match(describe('v0.1'), {
    swagger: '2.0',
    basePath: '/api/v0.1',
    info: { title: 'Mozart API', version: '0.1' },
    consumes: ['application/json'],
    produces: ['application/json']
  })
  t.equal(describe('v0.2', '/mozart').basePath, '/mozart/api/v0.2')
})

t.test('every answer has a model, named as Mozart names it', async (t) => {
  for (const version of ['v0.1', 'v0.2'] as const) {
    const swagger = describe(version)
    for (const [path, operations] of Object.entries(swagger.paths)) {
      for (const method of Object.keys(operations)) {
        const [name, properties] = model(swagger, path, method)
        t.match(name, / Response\(JSON\)$/, `${method} ${path}`)
        t.hasProps(properties, ['success', 'message'])
      }
    }
  }
  t.match(model(describe('v0.1'), '/container/list', 'get'),
    ['Container List Response(JSON)', { result: { type: 'array', items: { type: 'string' } } }])
  t.match(model(describe('v0.2'), '/container', 'post'), ['Job Info Response(JSON)', { result: { type: 'object' } }])
  t.notMatch(model(describe('v0.1'), '/container/remove', 'get')[1], { result: {} })
})

t.test('parameters are sent in the query, the mask as a header', async (t) => {
  for (const operations of Object.values(describe('v0.1').paths)) {
    for (const { parameters } of Object.values(operations)) {
      for (const parameter of parameters) t.equal(parameter.in, parameter.name === 'X-Fields' ? 'header' : 'query')
    }
  }
})
