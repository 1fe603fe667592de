import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { EmbeddedDocumentIndex } from '../../src/adapters/embedded/document-index.js'
import { Deadline } from '../../src/deadline.js'
import { temporaryFolder } from '../app.js'
import { answering, oneAfterAnother, refusing, startServer } from '../client/servers.js'
import { podmanArchive, sampleImage } from '../image/support/sample-image.js'
import { tar } from '../image/support/tar-writer.js'
import { runLeporello, startService } from '../service.js'

const NAME = 'container-hello:1.0'
const [X86, ARM] = ['s3://b/hello.tar.gz', 's3://b/hello-arm64.tar.gz']
const EMPTY = answering(200, { success: true, message: '', result: [] })

type Run = (...args: string[]) => ReturnType<typeof runLeporello>

async function started (t: Test): Promise<Run> {
  const { url } = await startService(t, { LEPORELLO_DATA_DIR: await temporaryFolder(t) })
  return (...args) => runLeporello(args, { LEPORELLO_URL: url })
}

const json = async (running: ReturnType<typeof runLeporello>) => {
  const { stdout, stderr, code } = await running
  if (code !== 0) throw new Error(`${code}: ${stderr}`)
  return JSON.parse(stdout) as unknown
}

const tarball = (architecture: string) => tar(podmanArchive(sampleImage({ architecture }), NAME))

t.test('register, info, list, merge, detach and remove, for people', async t => {
  const run = await started(t)
  t.match(await run('register', NAME, X86, '--digest', 'sha256:aa'), { code: 0, stdout: `${NAME} is registered\n` })
  t.match(await run('merge', NAME, `aarch64=${ARM}`, '--digest', 'sha256:bb'), { code: 0, stderr: /now has arm64/ })
  const { stdout, code } = await run('info', NAME)
  t.equal(code, 0)
  t.match(stdout, /^id {7}container-hello:1\.0\nversion {2}1\.0\nupdated {2}\S+ by anonymous\n\nARCHITECTURE/)
  t.match(stdout, /^amd64 +1\.0 +- +- +s3:\/\/b\/hello\.tar\.gz$/m)
  t.match(stdout, /^arm64 +1\.0 +- +sha256:bb +s3:\/\/b\/hello-arm64\.tar\.gz$/m)
  t.notOk(stdout.includes('\u001B'), 'no colour where there is no terminal')
  t.match(await run('list'), { code: 0, stdout: `${NAME}\n` })
  t.match(await run('detach', NAME, 'arm64', '--yes'), { code: 0, stderr: /arm64 detached/ })
  t.match(await run('remove', NAME, '--yes'), { code: 0, stdout: `${NAME} is removed\n` })
  t.match(await run('list'), { code: 0, stdout: '' })
})

t.test('the same, and the rest, as one document each', async t => {
  const run = await started(t)
  t.match(await json(run('register', NAME, `amd64=${X86}`, '--digest', 'd', '--json')), { state: 'registered', id: NAME, tag: /^"/, warnings: [] })
  t.match(await json(run('merge', NAME, `arm64=${ARM}`, '--json')), { state: 'registered', document: { id: NAME }, warnings: [] })
  t.same(await json(run('list', '--json')), { ids: [NAME] })
  t.match(await json(run('info', NAME, '--json')), { document: { id: NAME, url: X86 }, tag: /^"/ })
  t.match(await json(run('search', 'hello', '--missing', 's390x', '--json')), { containers: [{ id: NAME }] })
  t.same(await json(run('search', '--missing', 'arm64', '--json')), { containers: [] })
  t.match(await json(run('resolve', NAME, '--arch', 'aarch64', '--json')), { architecture: 'arm64', url: ARM })
  t.match(await json(run('report', '--json')), { containers: 1, architectures: { amd64: 1, arm64: 1 } })
  t.match(await json(run('merge', NAME, `amd64=${X86}2`, '--build', '7', '--expect', 'x86_64,arm64', '--json')),
    { state: 'waiting', pending: { build: '7', missing: ['arm64'] } })
  t.match(await json(run('pending', '--json')), { pending: [{ id: NAME, build: '7' }] })
  t.match(await json(run('abandon', NAME, '--build', '7', '--yes', '--json')), { state: 'abandoned', pending: { build: '7' } })
  t.match(await json(run('detach', NAME, 'arm64', '--yes', '--json')), { state: 'registered', message: /detached/ })
  t.same(await json(run('remove', NAME, '--yes', '--json')), { state: 'removed', id: NAME })
})

t.test('search, resolve, pending, abandon and report, for people', async t => {
  const run = await started(t)
  await run('register', NAME, `amd64=${X86}`, `arm64=${ARM}`, '--digest', 'd')
  await run('register', 'old:1', X86, '--digest', 'd')
  t.match((await run('search', 'hel')).stdout, /^ID +VERSION +ARCHITECTURES +UPDATED +BY\ncontainer-hello:1\.0 +1\.0 +amd64,arm64 +\S+ +anonymous\n$/)
  t.match((await run('search', '--limit', '1')).stdout, /^ID.*\n.*\n$/)
  t.match((await run('resolve', NAME, '--arch', 'x86_64')).stdout, /^architecture +amd64\nurl +s3:\/\/b\/hello\.tar\.gz$/m)
  t.match((await run('report')).stdout, /^containers +2$[^]*^ARCHITECTURE +HAVE IT +LACK IT +SUCH AS$[^]*^arm64 +1 +1 +old:1$/m)
  t.match(await run('merge', 'new:1', `arm64=${ARM}`, '--build', '7', '--expect', 'amd64,arm64'), { code: 0, stderr: /waits for amd64/ })
  t.match((await run('pending')).stdout, /^new:1 +7 +1 +arm64 +amd64 +\S+$/m)
  t.match(await run('abandon', 'new:1', '--build', '7', '--yes'), { code: 0, stdout: 'build 7 of new:1 is abandoned\n' })
})

t.test('history tells a change on a line, with what changed, and what something else wrote in between', async t => {
  const folder = await temporaryFolder(t)
  const { url } = await startService(t, { LEPORELLO_DATA_DIR: folder })
  const run: Run = (...args) => runLeporello(args, { LEPORELLO_URL: url })
  await run('register', NAME, X86, '--digest', 'd')
  await run('register', NAME, X86, '--digest', 'e')
  const index = await EmbeddedDocumentIndex.open({ folder })
  t.teardown(() => index.close())
  const { version } = (await index.get('container', NAME))!
  await index.put('container', NAME, JSON.stringify({ id: NAME, url: X86 }), version, Deadline.in(5000))
  await run('merge', NAME, `arm64=${ARM}`, '--build', '7', '--expect', 'amd64,arm64')
  await run('remove', NAME, '--yes')
  const { stdout, stderr, code } = await run('history', NAME)
  t.equal(code, 0, stderr)
  const lines = stdout.trimEnd().split('\n').map(line => line.replace(/\d{4}-\S+Z/, 'AT').replace(/ {2,}/g, '  '))
  t.same(lines, [
    'WHEN  WHO  WHAT  CHANGED',
    'AT  anonymous  remove  removed',
    '  (changed by something else in between)',
    'AT  anonymous  merge, not shown, build 7  new',
    'AT  anonymous  add  digest: d -> e',
    'AT  anonymous  add  new'
  ])
  const { changes, before } = await json(run('history', NAME, '--limit', '2', '--json')) as { changes: unknown[], before: string }
  t.match(changes, [{ operation: 'remove' }, { operation: 'merge', resource: 'set', build: '7' }])
  t.match(await json(run('history', NAME, '--before', before, '--json')), { changes: [{ operation: 'add' }, { operation: 'add' }], before: null })
  t.match(await run('history', NAME, '--limit', '1'), { stderr: /there is more; go on with --before / })
  t.match(await run('history', 'unknown'), { code: 0, stdout: '' })
  t.match(await run('history', NAME, '--limit', '0'), { code: 2 })
})

t.test('tarballs are uploaded from files and from standard input, and the document ends it', async t => {
  const { url } = await startService(t, { LEPORELLO_DATA_DIR: await temporaryFolder(t) })
  const folder = await temporaryFolder(t)
  const [amd64, arm64] = [join(folder, 'a.tar'), join(folder, 'b=c.tar')]
  await writeFile(amd64, tarball('amd64'))
  await writeFile(arm64, tarball('arm64'))
  const env = { LEPORELLO_URL: url }
  const { stdout, stderr, code } = await runLeporello(['upload', NAME, `x86_64=${amd64}`, arm64], env)
  t.equal(code, 0, stderr)
  t.match(stderr, /^leporello: uploading container-hello:1\.0 \([\d.]+ kB\)\n[^]*leporello: container-hello:1\.0: 100% of [\d.]+ kB\n/)
  t.match(stdout, /^id +container-hello:1\.0\n[^]*^amd64 +1\.0 +[\d.]+ kB +sha256:[0-9a-f]{12} +http[^]*^arm64 /m)
  t.match(await json(runLeporello(['upload', NAME, 'arm64=-', '--mode', 'merge', '--json'], env, tarball('arm64'))),
    { state: 'registered', document: { images: [{ architecture: 'amd64' }, { architecture: 'arm64' }] } })
  t.match(await json(runLeporello(['upload', NAME, amd64, '--build', '9', '--expect', 'amd64,arm64', '--json'], env)),
    { state: 'waiting', pending: { build: '9', missing: ['arm64'] } })
  t.match(await runLeporello(['upload', NAME, `arm64=${amd64}`], env), { code: 3, stderr: /sent for arm64, but its config says amd64/ })
  t.match(await runLeporello(['upload', NAME, join(folder, 'nosuch')], env), { code: 1, stderr: /ENOENT.*nosuch/ })
})

t.test('each way to fail has its exit code, a line, and with --json a document', async t => {
  const run = await started(t)
  await run('register', NAME, `amd64=${X86}`, '--digest', 'd')
  const silent = await startServer(t, request => { request.resume() })
  const strange = await startServer(t, (_request, response) => { response.writeHead(404).end('nothing here') })
  const cases: Array<[args: string[], code: number, reason: RegExp, error: string | null]> = [
    [['info', 'nope'], 4, /container not found: nope/, 'CONTAINER_UNKNOWN'],
    [['resolve', NAME, '--arch', 's390x'], 4, /it has amd64/, 'ARCHITECTURE_MISSING'],
    [['register', NAME, 's3://b/', '--digest', 'd'], 3, /does not end in a file name/, 'URL_INVALID'],
    [['register', NAME, X86, '--digest', 'd', '--create'], 3, /./, 'PRECONDITION_FAILED'],
    [['merge', NAME, X86], 2, /ARCHITECTURE=/, null],
    [['register', 'untagged', X86, '--digest', 'd'], 2, /give --version/, null],
    [['abandon', NAME, '--yes'], 2, /either --build or --version/, null],
    [['remove', NAME], 2, /give --yes/, null],
    [['detach', NAME, 'amd64'], 2, /give --yes/, null],
    [['abandon', NAME, '--build', '7'], 2, /give --yes/, null],
    [['upload', NAME, '-', 'arm64=-'], 2, /one tarball only/, null],
    [['list', '--url', 'ftp://x'], 2, /http\(s\)/, null],
    [['list', '--url', `${strange}/?x=1`], 2, /http\(s\)/, null],
    [['list', '--cacert', '/nosuch.pem'], 1, /nosuch.pem/, 'ENOENT'],
    [['list', '--url', strange], 5, /is this Leporello's address/, null],
    [['list', '--url', silent, '--timeout', '0.05'], 5, /did not answer in time/, 'UNREACHABLE']
  ]
  for (const [args, expected, reason, error] of cases) {
    const { code, stdout, stderr } = await run(...args, '--json')
    t.equal(code, expected, `${args.join(' ')}: ${stderr}`)
    t.match(stderr, reason)
    t.match(JSON.parse(stdout), { error: { code: error, message: reason, details: {} } })
    t.notMatch(stderr, /\n\s+at /)
  }
  t.match(await run('detach', NAME, 'armm64', '--yes'), { code: 2, stderr: /Did you mean "arm64"/ })
  t.match(await run('register', NAME, X86), { code: 2, stderr: /--digest/ })
  t.match(await run('list', '--timeout', 'soon'), { code: 2, stderr: /number of seconds/ })
  t.match(await run('list', '--timeout', '9999999'), { code: 2, stderr: /up to 86400/ })
  t.match(await run('search', '--limit', '0'), { code: 2, stderr: /whole number/ })
  t.match((await run('list')).stdout, NAME, 'and nothing was removed')
})

t.test('a service that is busy is asked again, and each time a line says so', async t => {
  const url = await startServer(t, oneAfterAnother(refusing(503, 'INDEX_UNAVAILABLE', { 'retry-after': '0' }), EMPTY))
  t.match(await runLeporello(['list', '--url', url]),
    { code: 0, stdout: '', stderr: 'leporello: refused: INDEX_UNAVAILABLE; trying again in 0 s\n' })
  const always = await startServer(t, refusing(503, 'INDEX_UNAVAILABLE', { 'retry-after': '0' }))
  t.match(await runLeporello(['list', '--url', always]), { code: 5, stderr: /refused: INDEX_UNAVAILABLE\n$/ })
  const cutting = await startServer(t, (_request, response) => { response.destroy() })
  t.match(await runLeporello(['remove', 'c', '--yes', '--url', cutting]), { code: 5, stderr: /cut the connection\n$/ })
  const elsewhere = await startServer(t, (request, response) => { response.writeHead(302, { location: url + request.url }).end() })
  t.match(await runLeporello(['merge', 'c:1', `arm64=${ARM}`, '--url', elsewhere]), { code: 5, stderr: /use the address that it leads to/ })
  t.match(await runLeporello(['list', '--url', elsewhere]), { code: 0 })
})

t.test('https is spoken with a certificate that is trusted, or with any', async t => {
  const folder = await temporaryFolder(t)
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  await promisify(execFile)('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1',
    '-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert])
  const { url } = await startService(t, { LEPORELLO_DATA_DIR: folder, LEPORELLO_TLS_CERT: cert, LEPORELLO_TLS_KEY: key })
  t.match(await runLeporello(['list', '--url', url]), { code: 5, stderr: /certificate that is not trusted.*\n$/ })
  t.match(await runLeporello(['list', '--url', url, '--insecure']), { code: 0 })
  t.match(await runLeporello(['list', '--url', url, '--cacert', cert]), { code: 0 })
  t.match(await runLeporello(['list'], { LEPORELLO_URL: url, LEPORELLO_CA: cert }), { code: 0 })
  t.match(await runLeporello(['list', '--insecure'], { LEPORELLO_URL: url, LEPORELLO_CA: '' }), { code: 0 }, 'an empty variable is none')
})

t.test('what others wrote is shown on its line, whatever is in it', async t => {
  const odd = { id: 'c:\u001B[31m1\n', version: 1.5, urls: '{"x86_64":"s3://b/x"}', updated_at: 5 }
  const shown = 'c:\\x1b[31m1\\x0a'
  const url = await startServer(t, (request, response) => {
    const result = request.url!.includes('/search') ? { containers: [odd, {}], after: null } : request.url!.includes('/list') ? [odd.id] : odd
    answering(200, { success: true, message: '', result })(request, response)
  })
  const found = await runLeporello(['search', '--url', url])
  t.match(found, { code: 0, stderr: '' })
  t.match(found.stdout.split('\n').slice(1), [/^c:\\x1b\[31m1\\x0a +1\.5 +amd64 +5 +-$/, /^- +- +- +- +-$/, ''])
  t.match(await runLeporello(['list', '--url', url]), { code: 0, stdout: `${shown}\n` })
  t.match((await runLeporello(['info', 'c', '--url', url])).stdout.split('\n'), [`id       ${shown}`, 'version  1.5'])
})

t.test('a table is cut to the width that there is', async t => {
  const { url } = await startService(t, { LEPORELLO_DATA_DIR: await temporaryFolder(t) })
  const long = `s3://bucket/${'long-'.repeat(40)}.tar.gz`
  await runLeporello(['register', NAME, long, '--digest', 'd', '--url', url])
  const lines = async (env: Record<string, string>) => (await runLeporello(['info', NAME, '--url', url], env)).stdout.split('\n')
  t.ok((await lines({})).some(line => line.endsWith(long)), 'whole where nobody says a width')
  const narrow = await lines({ COLUMNS: '60' })
  t.ok(narrow.every(line => line.length <= 60), narrow.join('\n'))
  t.match(narrow.at(-2), /^amd64 .* s3:\/\/bucket\/long-.*…$/)
})
