import t from 'tap'
import { temporaryFolder } from '../app.js'
import type { Finding } from '../../src/doctor/finding.js'
import { startS3Server } from '../engines/s3-server.js'
import { s3ServersUnderTest } from '../engines/under-test.js'
import { runLeporello } from '../service.js'
import { s3Environment } from '../uploads/s3-service.js'

for (const kind of s3ServersUnderTest()) {
  t.test(`the doctor tells what is wrong with a store on ${kind}, and leaves nothing behind`, async t => {
    const server = await startS3Server(t, kind)
    const bucket = await server.bucket()
    const folder = await temporaryFolder(t)
    const look = async (env: Record<string, string>) => {
      const { stdout } = await runLeporello(['doctor', '--json'], { LEPORELLO_DATA_DIR: folder, LEPORELLO_PORT: '0', ...env })
      return (JSON.parse(stdout) as { findings: Finding[] }).findings.filter(({ check }) => check === 'store')
    }
    const env = s3Environment(server, bucket)
    t.match(await look({ ...env, LEPORELLO_S3_PUBLIC_ENDPOINT: server.endpoint }), [{ state: 'ok' }])
    t.same(await server.contents(bucket, ''), [])
    t.match(await look({ ...env, LEPORELLO_S3_PUBLIC_ENDPOINT: 'http://127.0.0.1:1' }), [{ state: 'wrong', message: /redirected to 127\.0\.0\.1:1/ }])
    t.match(await look({ ...env, AWS_SECRET_ACCESS_KEY: 'wrong' }), [{ state: 'wrong', message: /cannot serve/ }])
    t.match(await look(s3Environment(server, 'no-such-bucket')), [{ state: 'wrong', message: /no-such-bucket/ }])
    t.same(await server.contents(bucket, ''), [])
  })
}
