import type { FastifyPluginAsync } from 'fastify'
import { jobResolveRoutes } from '../job-resolve-routes.js'
import { historyRoute } from '../history-routes.js'
import { specRoutes } from '../spec-routes.js'

/** Mozart names the wrong index when it has added one, and callers may have come to read it. */
const jobSpec: FastifyPluginAsync = async (fastify) => {
  jobResolveRoutes(fastify)
  historyRoute(fastify, { kind: 'job_spec', operationId: 'jobSpecHistory', noun: 'job spec' })
  specRoutes(fastify, {
    kind: 'job_spec',
    unknown: 'JOB_SPEC_UNKNOWN',
    operation: 'JobSpec',
    noun: 'job spec',
    added: id => `job_spec ${id} added to index hysds_ios-mozart`,
    found: id => `job spec for ${id}`,
    notFound: { type: id => `Failed to retrieve job_spec: ${id}`, get: id => `Failed to retrieve job_spec: ${id}` },
    removed: { remove: id => `job spec removed: ${id}`, delete: () => '' }
  })
}

export default jobSpec
