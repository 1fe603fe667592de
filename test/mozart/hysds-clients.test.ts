import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import t from 'tap'
import { temporaryFolder } from '../app.js'
import { startService } from '../service.js'
import { lackingRequests } from './python.js'

const script = new URL('../../../test/mozart/hysds-clients.py', import.meta.url).pathname

interface Answer {
  readonly name: string
  readonly status: number
  readonly body: { readonly success: boolean, readonly message: string, readonly result: any }
}

t.test('HySDS\'s own scripts register and read back', { skip: lackingRequests() }, async t => {
  const service = await startService(t, { LEPORELLO_DATA_DIR: await temporaryFolder(t) })
  const { stdout } = await promisify(execFile)('python3', [script, `${service.url}/api/v0.1`])
  const answers = new Map(stdout.trim().split('\n').map(line => JSON.parse(line) as Answer).map(answer => [answer.name, answer]))
  const answer = (name: string) => answers.get(name) as Answer

  t.match(answer('container-met'), { status: 200, body: { success: true, result: 'container-foo:1.0' } })
  const document = answer('job-met check').body.result
  t.equal(document.urls, '{"x86_64": "s3://bucket/container-foo:1.0.tar.gz", "amd64": "s3://bucket/container-foo:1.0.tar.gz", ' +
    '"arm64": "s3://bucket/container-foo:1.0-arm64.tar.gz", "aarch64": "s3://bucket/container-foo:1.0-arm64.tar.gz"}')
  t.same(answer('mozart_call').body.result, document)
  t.match(answer('job-met'), { status: 200, body: { message: 'job_spec job-foo:1.0 added to index hysds_ios-mozart' } })
  t.match(answer('io-met unknown'), { status: 404, body: { success: false, message: 'hysds io not found: hysds-io-foo:1.0' } })
  t.match(answer('io-met'), { status: 200, body: { result: 'hysds-io-foo:1.0' } })
  t.match(answer('io-met known').body.result, { 'job-specification': 'job-foo:1.0', label: 'café' })
  t.same(answer('MAAP list').body.result, ['job-foo:1.0'])
  t.equal(answer('MAAP type').body.result.soft_time_limit, 1)
  t.match(answer('basic auth'), { status: 200, body: { result: ['container-foo:1.0'] } })
  t.same(answer('remove'), { name: 'remove', status: 200, body: { success: true, message: 'job spec removed: job-foo:1.0' } })
})
