import { execFile } from 'node:child_process'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { accessFiles, CREDENTIALS } from '../access/guarded-app.js'
import { CONTAINER, temporaryFolder } from '../app.js'
import { pythonWith } from '../mozart/python.js'
import { startService } from '../service.js'

const PACKAGE = 'schemathesis==4.32.5'

/**
 * What an answer is held to. Left out on purpose:
 * - negative_data_rejection, positive_data_acceptance: the description's types are wider and narrower than what is
 *   accepted, since Mozart's clients send text for everything and the domain decides (an id of 512 bytes, urls as text).
 * - unsupported_method: QUERY without a Content-Type is refused by the framework, with 400, before it looks for a route.
 * - ignored_auth, use_after_free and the like need security schemes and links, which the description does not have.
 */
const CHECKS = 'not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance'

const SEED = '9'
const EXAMPLES = '10'

/** Far past what a run takes. */
const MOST_MS = 60_000

t.test('the service answers as openapi.yaml says, whatever is sent', async t => {
  const python = await pythonWith([PACKAGE]).catch((error: Error) => {
    if (process.env['CI'] !== undefined) throw error
    t.plan(0, `python3 cannot install ${PACKAGE}: ${error.message.split('\n')[0]}`)
  })
  if (python === undefined) return

  async function run (t: Test, phases: string, env: Record<string, string>, authorization?: string): Promise<void> {
    const folder = await temporaryFolder(t)
    const service = await startService(t, { LEPORELLO_DATA_DIR: join(folder, 'data'), ...env })
    await seed(service.url, authorization)
    const args = ['run', join(process.cwd(), 'openapi.yaml'), '--url', service.url, '--checks', CHECKS, '--max-examples', EXAMPLES, '--seed', SEED,
      '--phases', phases, '--generation-database', 'none', '--continue-on-failure', '--no-color', '--warnings', 'off',
      ...authorization === undefined ? [] : ['--header', `Authorization: ${authorization}`]]
    const { stdout, code } = await promisify(execFile)(join(dirname(python as string), 'st'), args, { cwd: folder, maxBuffer: 2 ** 26, timeout: MOST_MS })
      .then(({ stdout }) => ({ stdout, code: 0 }), (error: { stdout: string, code: number }) => error)
    t.match(stdout, /Tested: [1-9]/, 'it has tested something')
    t.equal(code, 0, code === 0 ? 'and found nothing' : stdout)
    t.comment(stdout.trim().split('\n').slice(-12).join('\n'))
    t.same(service.log.filter(({ level }) => Number(level) >= 50), [], 'nothing at error')
    t.equal((await fetch(`${service.url}/health/ready`)).status, 200)
  }

  await t.test('where nobody is asked', async t => await run(t, 'examples,coverage,fuzzing', {}))
  await t.test('where everybody is asked, to one who may write', async t => await run(t, 'coverage', await accessFiles(t), CREDENTIALS.writer))
  await t.test('where everybody is asked, to a token that may register some containers', async t => await run(t, 'coverage', await accessFiles(t), CREDENTIALS['token for container-foo']))
  await t.test('where everybody is asked, to somebody who does not say', async t => await run(t, 'coverage', await accessFiles(t)))
})

/** What the examples of the description ask for. */
async function seed (url: string, authorization: string | undefined): Promise<void> {
  const headers = authorization === undefined ? {} : { authorization }
  for (const [path, fields] of [['container', CONTAINER], ['job_spec', { spec: '{"id": "container-hello:1.0", "container": "container-hello:1.0"}' }],
    ['hysds_io', { spec: '{"id": "container-hello:1.0"}' }]] as const) {
    await fetch(`${url}/${path}/add`, { method: 'POST', headers, body: new URLSearchParams(fields) })
  }
}
