import { readFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { runMet, selfSigned, startMozart, workspace } from './container-met.js'
import { startProxy } from './container-met-proxy.js'

const NAMES = ['*.s3.us-east-1.amazonaws.com', '*.s3.eu-west-1.amazonaws.com', '*.s3.eu-central-1.amazonaws.com', 's3.us-west-2.amazonaws.com']

/** A server in AWS's place, behind a proxy that leads every tunnel to it. It knows one bucket, in eu-west-1, which is empty. */
async function startAws (t: Test, { tellsRegion = true } = {}) {
  const { certFile, keyFile } = await selfSigned(t, NAMES)
  const tls = { cert: await readFile(certFile, 'utf8'), key: await readFile(keyFile, 'utf8') }
  const requests: string[] = []
  const { server } = await startMozart(t, (response, { method, path, headers }) => {
    requests.push(`${method} ${headers.host}${path.split('?', 1)[0]}`)
    if (path === '/' && method === 'HEAD' && tellsRegion) response.setHeader('x-amz-bucket-region', 'eu-west-1')
    const status = method === 'PUT' ? 200 : path !== '/' ? 404 : tellsRegion ? 200 : 403
    response.writeHead(status, method === 'PUT' ? { etag: '"1"' } : {}).end()
  }, tls)
  const proxy = await startProxy(t, { target: (server.address() as AddressInfo).port })
  const env = {
    HTTPS_PROXY: proxy.url, NODE_EXTRA_CA_CERTS: certFile, AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret', AWS_EC2_METADATA_DISABLED: 'true'
  }
  return { env, requests, proxy }
}

const line = (url: string, repo: string) => ['container-foo:1.0', '1.0', 'foo.tar.gz', repo, 'sha256:aa', url]

t.test('s3://bucket is asked for its region, through the proxy, and the tarball goes there', async t => {
  const { cwd } = await workspace(t)
  const { env, requests, proxy } = await startAws(t)
  const mozart = await startMozart(t)
  t.match(await runMet(line(mozart.url, 's3://bucket/pre'), { cwd, env }), { code: 0 })
  t.same(requests, [
    'HEAD bucket.s3.us-east-1.amazonaws.com/', 'HEAD bucket.s3.eu-west-1.amazonaws.com/pre/foo.tar.gz',
    'HEAD bucket.s3.eu-west-1.amazonaws.com/pre/foo.tar.gz.osaka.locked.json', 'PUT bucket.s3.eu-west-1.amazonaws.com/pre/foo.tar.gz'
  ])
  t.ok(proxy.seen.every(line => /^CONNECT bucket\.s3\.\S+:443 $/.test(line)), proxy.seen.join())
})

t.test('where the bucket may not be asked, the region is that of the environment, as boto3 reads it', async t => {
  const { cwd } = await workspace(t)
  const { env, requests } = await startAws(t, { tellsRegion: false })
  const mozart = await startMozart(t)
  t.match(await runMet(line(mozart.url, 's3://bucket'), { cwd, env: { ...env, AWS_DEFAULT_REGION: 'eu-central-1' } }), { code: 0 })
  t.equal(requests.at(-1), 'PUT bucket.s3.eu-central-1.amazonaws.com/foo.tar.gz')
})

t.test('s3://<regional endpoint>/bucket goes to that endpoint, with the bucket in the path', async t => {
  const { cwd } = await workspace(t)
  const { env, requests } = await startAws(t)
  const mozart = await startMozart(t)
  t.match(await runMet(line(mozart.url, 's3://s3-us-west-2.amazonaws.com:443/bucket/pre/'), { cwd, env }), { code: 0 })
  t.equal(requests.at(-1), 'PUT s3.us-west-2.amazonaws.com/bucket/pre/foo.tar.gz')
  t.equal(requests.length, 3)
  t.equal(new URLSearchParams(mozart.requests[0]?.body).get('url'), 's3://s3-us-west-2.amazonaws.com:443/bucket/pre/foo.tar.gz')
})

t.test('with rights on objects alone nobody can tell whether a tarball was there before, so it stays', async t => {
  const { cwd } = await workspace(t)
  const { certFile, keyFile } = await selfSigned(t, NAMES)
  const removed: string[] = []
  const tls = { cert: await readFile(certFile, 'utf8'), key: await readFile(keyFile, 'utf8') }
  const { server } = await startMozart(t, (response, { method, path }) => {
    if (method === 'DELETE') removed.push(path)
    response.writeHead(method === 'PUT' ? 200 : 403, { etag: '"1"' }).end()
  }, tls)
  const proxy = await startProxy(t, { target: (server.address() as AddressInfo).port })
  const mozart = await startMozart(t, response => { response.writeHead(400).end() })
  const env = { HTTPS_PROXY: proxy.url, NODE_EXTRA_CA_CERTS: certFile, AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret' }
  t.match(await runMet(line(mozart.url, 's3://bucket'), { cwd, env }), { code: 1, last: /foo\.tar\.gz stays, since .* \(s3:ListBucket\)$/ })
  t.same(removed, [])
})
