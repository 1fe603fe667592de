export const MOZART_VERSIONS = ['v0.1', 'v0.2'] as const

export type MozartVersion = typeof MOZART_VERSIONS[number]

/** A route of Mozart's as its Swagger description has it. Generated clients take method and class names from it. */
export interface MozartRoute {
  readonly method: 'get' | 'post' | 'delete'
  readonly path: string
  readonly operationId: string
  readonly summary: string
  readonly parameters: ReadonlyArray<'id' | 'name' | 'version' | 'digest' | 'url' | 'urls' | 'spec'>
  /** The name of the answer's model, without the ` Response(JSON)` all of them end with. */
  readonly model: string
  /** What `result` holds; absent where the answer has none. */
  readonly result?: 'ids' | 'id' | 'document'
}

type Method = MozartRoute['method']
type Answer = readonly [model: string, result?: NonNullable<MozartRoute['result']>]

const CONTAINER = ['name', 'url', 'version', 'digest', 'urls'] as const
const CONTAINERS: Answer = ['Container List', 'ids']
const JOB_SPECS: Answer = ['Job Type List', 'ids']
const HYSDS_IOS: Answer = ['HySDS IO List', 'ids']
const CONTAINER_OR_ID: Answer = ['Job Info', 'document']
const JOB_SPEC_OR_ID: Answer = ['Job Specification List', 'document']
const HYSDS_IO_OR_ID: Answer = ['HySDS IO', 'document']

/** Mozart 3.1's routes for what Leporello keeps. Odd names are Mozart's. */
export const MOZART_ROUTES: Readonly<Record<MozartVersion, readonly MozartRoute[]>> = {
  'v0.1': [
    route('get', '/container/list', 'get_get_container_types', 'Lists containers', [], CONTAINERS),
    route('post', '/container/add', 'post_get_container_add', 'Registers a container', CONTAINER,
      ['Container Add', 'id']),
    route('get', '/container/info', 'get_get_container_info', 'Finds a container', ['id'],
      ['Container Info', 'document']),
    route('get', '/container/remove', 'get_get_container_remove', 'Removes a container', ['id'],
      ['Container Removal']),
    route('get', '/job_spec/list', 'get_get_job_types', 'Lists job specifications', [], JOB_SPECS),
    route('post', '/job_spec/add', 'post_add_job_spec_type', 'Registers a job specification', ['spec'],
      ['Job Type Specification Addition', 'id']),
    route('get', '/job_spec/type', 'get_get_job_spec_type', 'Finds a job specification', ['id'],
      ['Job Type Specification', 'document']),
    route('get', '/job_spec/remove', 'get_remove_job_spec_type', 'Removes a job specification', ['id'],
      ['Job Type Specification Removal']),
    route('get', '/hysds_io/list', 'get_get_hy_sdsio_types', 'Lists HySDS IOs', [], HYSDS_IOS),
    route('post', '/hysds_io/add', 'post_add_hy_sdsio_type', 'Registers a HySDS IO', ['spec'],
      ['HySDS IO Addition', 'id']),
    route('get', '/hysds_io/type', 'get_get_hy_sdsio_type', 'Finds a HySDS IO', ['id'],
      ['HySDS IO', 'document']),
    route('get', '/hysds_io/remove', 'get_remove_hy_sdsio_type', 'Removes a HySDS IO', ['id'],
      ['HySDS IO Removal'])
  ],
  'v0.2': [
    route('get', '/container/list', 'get_container_types', 'Lists containers', [], CONTAINERS),
    route('get', '/container', 'get_containers', 'Finds a container', ['id'], CONTAINER_OR_ID),
    route('post', '/container', 'post_containers', 'Registers a container', CONTAINER, CONTAINER_OR_ID),
    route('delete', '/container', 'delete_containers', 'Removes a container', ['id'], CONTAINER_OR_ID),
    route('get', '/job_spec/list', 'get_get_job_types', 'Lists job specifications', [], JOB_SPECS),
    route('get', '/job_spec', 'get_job_specs', 'Finds a job specification', ['id'], JOB_SPEC_OR_ID),
    route('post', '/job_spec', 'post_job_specs', 'Registers a job specification', ['spec'], JOB_SPEC_OR_ID),
    route('delete', '/job_spec', 'delete_job_specs', 'Removes a job specification', ['id'], JOB_SPEC_OR_ID),
    route('get', '/hysds_io/list', 'get_hy_sdsio_types', 'Lists HySDS IOs', [], HYSDS_IOS),
    route('get', '/hysds_io', 'get_hy_sd_sio', 'Finds a HySDS IO', ['id'], HYSDS_IO_OR_ID),
    route('post', '/hysds_io', 'post_hy_sd_sio', 'Registers a HySDS IO', ['spec'], HYSDS_IO_OR_ID),
    route('delete', '/hysds_io', 'delete_hy_sd_sio', 'Removes a HySDS IO', ['id'], HYSDS_IO_OR_ID)
  ]
}

function route (
  method: Method,
  path: string,
  operationId: string,
  summary: string,
  parameters: MozartRoute['parameters'],
  [model, result]: Answer
): MozartRoute {
  return { method, path, operationId, summary, parameters, model, ...(result && { result }) }
}
