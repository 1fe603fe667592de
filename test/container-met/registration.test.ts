import { spawnSync } from 'node:child_process'
import t from 'tap'
import { registrationBody } from '../../src/container-met/registration.js'
import type { MetRequest } from '../../src/container-met/request.js'

const request: MetRequest = {
  ident: 'container-foo:1.0',
  version: '1.0',
  product: 'foo.tar.gz',
  repo: 's3://bucket',
  digest: 'sha256:aa',
  mozartUrl: new URL('http://mozart:8888/api/v0.1'),
  productArm64: ''
}

/** What json.dumps and urlencode, which requests uses, make of the same fields. */
const PYTHON = `
import json, sys
from urllib.parse import urlencode
ident, version, url, digest, arm = json.load(sys.stdin)
fields = {'name': ident, 'version': version, 'url': url, 'resource': 'container', 'digest': digest}
urls = {}
if url: urls['x86_64'] = urls['amd64'] = url
if arm: urls['arm64'] = urls['aarch64'] = arm
if urls: fields['urls'] = json.dumps(urls)
sys.stdout.write(urlencode(fields))
`

const lacksPython = spawnSync('python3', ['--version']).status !== 0 && process.env['CI'] === undefined && 'python3 is not here'

t.test('the body is what Python makes of the same fields, whatever is in them', { skip: lacksPython }, async t => {
  const texts = ['a b+c&d=e%f', "~*!'()-_.", 'é ☃ 🐦', '"\\/\b\f\n\r\t\x00\x1f\x7f', '<>[]{}|^`:;?#@$,', 's3://bucket/foo:1.0.tar.gz']
  for (const text of texts) {
    for (const [url, arm] of [[text, ''], ['', text], [text, `${text}2`], ['', '']] as const) {
      const input = JSON.stringify([text, text, url, text, arm])
      const { stdout, status } = spawnSync('python3', ['-c', PYTHON], { input, encoding: 'utf8' })
      t.equal(status, 0)
      t.equal(registrationBody({ ...request, ident: text, version: text, digest: text }, { amd64: url, arm64: arm }), stdout)
    }
  }
})

t.test('urls in S3 are encoded as in the recorded request', async t => {
  t.equal(registrationBody(request, { amd64: 's3://bucket/foo.tar.gz', arm64: 's3://bucket/foo-arm64.tar.gz' }),
    'name=container-foo%3A1.0&version=1.0&url=s3%3A%2F%2Fbucket%2Ffoo.tar.gz&resource=container&digest=sha256%3Aaa&urls=' +
    '%7B%22x86_64%22%3A+%22s3%3A%2F%2Fbucket%2Ffoo.tar.gz%22%2C+%22amd64%22%3A+%22s3%3A%2F%2Fbucket%2Ffoo.tar.gz%22%2C+' +
    '%22arm64%22%3A+%22s3%3A%2F%2Fbucket%2Ffoo-arm64.tar.gz%22%2C+%22aarch64%22%3A+%22s3%3A%2F%2Fbucket%2Ffoo-arm64.tar.gz%22%7D')
})
