import { execFile } from 'node:child_process'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { freePort } from '../engines/engine.js'
import { runLeporello } from '../service.js'
import { answer, ARM, BIN, runMet, startMozart, workspace, X86 } from './container-met.js'

const USAGE = '[ERROR] Metadata requires: ident version product repo digest mozart_url [product_arm64]\n'

/** What container-met.py had Python's requests send for the same arguments, recorded. */
const RECORDED = {
  x86: 'name=container-foo%3A1.0&version=1.0&url=s3stand-in%2Ffoo.tar.gz&resource=container&digest=sha256%3Aaa&urls=' +
    '%7B%22x86_64%22%3A+%22s3stand-in%2Ffoo.tar.gz%22%2C+%22amd64%22%3A+%22s3stand-in%2Ffoo.tar.gz%22%7D',
  both: 'name=container-foo%3A1.0&version=1.0&url=s3stand-in%2Ffoo.tar.gz&resource=container&digest=sha256%3Aaa&urls=' +
    '%7B%22x86_64%22%3A+%22s3stand-in%2Ffoo.tar.gz%22%2C+%22amd64%22%3A+%22s3stand-in%2Ffoo.tar.gz%22%2C+' +
    '%22arm64%22%3A+%22s3stand-in%2Ffoo-arm64.tar.gz%22%2C+%22aarch64%22%3A+%22s3stand-in%2Ffoo-arm64.tar.gz%22%7D',
  arm: 'name=container-foo%3A1.0&version=1.0&url=&resource=container&digest=sha256%3Aaa&urls=' +
    '%7B%22arm64%22%3A+%22s3stand-in%2Ffoo-arm64.tar.gz%22%2C+%22aarch64%22%3A+%22s3stand-in%2Ffoo-arm64.tar.gz%22%7D'
}

/** The seven arguments, of which some are others. */
function line (mozartUrl: string, { product = 'foo.tar.gz', repo = 's3stand-in', arm64 = [] as string[] } = {}): string[] {
  return ['container-foo:1.0', '1.0', product, repo, 'sha256:aa', mozartUrl, ...arm64]
}

t.test('arguments that are missing: Mozart\'s words on stderr, and 255', async t => {
  const { cwd } = await workspace(t)
  const five = ['container-foo:1.0', '1.0', 'foo.tar.gz', 'store', 'sha256:aa']
  for (const args of [[], five]) {
    t.match(await runMet(args, { cwd }), { code: 255, stdout: '', stderr: USAGE })
    t.match(await runLeporello(['container-met', ...args]), { code: 255, stdout: '', stderr: USAGE })
  }
  t.match(await runMet(['--nosuch'], { cwd }), { code: 255, stdout: '', stderr: /--nosuch/ })
})

t.test('more than seven arguments: the rest is ignored', async t => {
  const { cwd } = await workspace(t)
  const mozart = await startMozart(t)
  const args = [...line(mozart.url, { arm64: ['foo-arm64.tar.gz'] }), 'more', 'of it']
  t.match(await runMet(args, { cwd }), { code: 0, stdout: '' })
  t.match(mozart.requests, [{ method: 'POST', path: '/api/v0.1/container/add', body: RECORDED.both }])
})

t.test('one tarball: the recorded request, byte for byte', async t => {
  const { cwd } = await workspace(t)
  const mozart = await startMozart(t)
  t.match(await runMet(line(mozart.url), { cwd }), { code: 0, stdout: '', last: 'container-met: container-foo:1.0 is registered' })
  t.equal(mozart.requests.length, 1)
  t.match(mozart.requests[0], {
    method: 'POST', path: '/api/v0.1/container/add', body: RECORDED.x86, headers: { 'content-type': 'application/x-www-form-urlencoded' }
  })
  t.same(await readFile(join(cwd, 's3stand-in/foo.tar.gz')), X86)
})

t.test('two tarballs: the recorded request, byte for byte', async t => {
  const { cwd } = await workspace(t)
  const mozart = await startMozart(t)
  t.match(await runMet(line(mozart.url, { arm64: ['foo-arm64.tar.gz'] }), { cwd }), { code: 0 })
  t.equal(mozart.requests[0]?.body, RECORDED.both)
  t.same(await readFile(join(cwd, 's3stand-in/foo-arm64.tar.gz')), ARM)
})

t.test('leporello container-met is the same program', async t => {
  const { cwd, store } = await workspace(t)
  const mozart = await startMozart(t)
  const args = line(mozart.url, { product: join(cwd, 'foo.tar.gz'), repo: store })
  t.match(await runLeporello(['container-met', ...args]), { code: 0, stdout: '' })
  t.same(await readdir(store), ['foo.tar.gz'])
  t.match(await runLeporello(['container-met', '--help']), { code: 0, stdout: /ident version product repo digest mozart_url/ })
})

t.test('a slash at the end of repo or mozart_url makes no difference', async t => {
  const { cwd } = await workspace(t)
  const mozart = await startMozart(t)
  t.match(await runMet(line(`${mozart.url}/`, { repo: 's3stand-in/' }), { cwd }), { code: 0 })
  t.match(mozart.requests, [{ path: '/api/v0.1/container/add', body: RECORDED.x86 }])
})

t.test('an empty product and one for arm64: only that is stored and sent', async t => {
  const { cwd } = await workspace(t)
  const mozart = await startMozart(t)
  t.match(await runMet(line(mozart.url, { product: '', arm64: ['foo-arm64.tar.gz'] }), { cwd }), { code: 0 })
  t.equal(mozart.requests[0]?.body, RECORDED.arm)
  t.same(await readdir(join(cwd, 's3stand-in')), ['foo-arm64.tar.gz'])
})

t.test('an empty product alone registers nothing, where container-met.py registers a container without an image', async t => {
  const { cwd } = await workspace(t)
  const mozart = await startMozart(t)
  t.match(await runMet(line(mozart.url, { product: '' }), { cwd }), { code: 1, last: /neither product nor product_arm64 names a tarball/ })
  t.same(mozart.requests, [])
})

t.test('an empty argument for arm64 is none', async t => {
  const { cwd } = await workspace(t)
  const mozart = await startMozart(t)
  t.match(await runMet(line(mozart.url, { arm64: [''] }), { cwd }), { code: 0 })
  t.equal(mozart.requests[0]?.body, RECORDED.x86)
})

t.test('a file that is missing, empty or a folder: nothing is sent and no lock is left, so that the next run works', async t => {
  const { cwd } = await workspace(t)
  const mozart = await startMozart(t)
  await writeFile(join(cwd, 'empty.tar.gz'), '')
  await mkdir(join(cwd, 'folder.tar.gz'))
  const cases: Array<[file: string, said: RegExp]> = [
    ['nosuch.tar.gz', /nosuch\.tar\.gz, is not there; nothing was sent\n$/], ['empty.tar.gz', /is empty; nothing/], ['folder.tar.gz', /is no file; nothing/]
  ]
  for (const [file, said] of cases) {
    t.match(await runMet(line(mozart.url, { product: file }), { cwd }), { code: 1, stdout: '', stderr: said })
    t.match(await runMet(line(mozart.url, { arm64: [file] }), { cwd }), { code: 1, stderr: said })
  }
  t.same(mozart.requests, [])
  await t.rejects(readdir(join(cwd, 's3stand-in')), 'not even the folder is made')
  await writeFile(join(cwd, 'nosuch.tar.gz'), X86)
  t.match(await runMet(line(mozart.url, { product: 'nosuch.tar.gz' }), { cwd }), { code: 0 })
})

t.test('an absolute path works', async t => {
  const { cwd } = await workspace(t)
  const mozart = await startMozart(t)
  t.match(await runMet(line(mozart.url, { product: join(cwd, 'foo.tar.gz') }), { cwd }), { code: 0 })
  t.equal(mozart.requests[0]?.body, RECORDED.x86)
})

t.test('a tarball in a folder is stored under its base name', async t => {
  const { cwd } = await workspace(t)
  await mkdir(join(cwd, 'sub/dir'), { recursive: true })
  await writeFile(join(cwd, 'sub/dir/foo.tar.gz'), X86)
  const mozart = await startMozart(t)
  t.match(await runMet(line(mozart.url, { product: 'sub/dir/foo.tar.gz' }), { cwd }), { code: 0 })
  t.equal(mozart.requests[0]?.body, RECORDED.x86)
  t.same(await readdir(join(cwd, 's3stand-in')), ['foo.tar.gz'])
})

t.test('two tarballs of one name, of which container-met.py stores one over the other, are refused', async t => {
  const { cwd } = await workspace(t)
  await mkdir(join(cwd, 'arm'))
  await writeFile(join(cwd, 'arm/foo.tar.gz'), ARM)
  const mozart = await startMozart(t)
  t.match(await runMet(line(mozart.url, { arm64: ['arm/foo.tar.gz'] }), { cwd }), { code: 1, last: /both tarballs are named foo\.tar\.gz/ })
  t.same(mozart.requests, [])
})

t.test('the same destination from another source, after a failure, is stored: there is no lock', async t => {
  const { cwd, store } = await workspace(t)
  const mozart = await startMozart(t, (response, _, count) => answer(response, count === 1 ? 400 : 200, { success: count > 1, message: 'no' }))
  await mkdir(join(cwd, 'sub'))
  await writeFile(join(cwd, 'sub/foo.tar.gz'), ARM)
  t.match(await runMet(line(mozart.url, { repo: store }), { cwd }), { code: 1 })
  t.match(await runMet(line(mozart.url, { repo: store, product: 'sub/foo.tar.gz' }), { cwd }), { code: 0 })
  t.same(await readdir(store), ['foo.tar.gz'])
  t.same(await readFile(join(store, 'foo.tar.gz')), ARM)
})

t.test('a lock that a failed container-met.py left stops nothing, and is told of', async t => {
  const { cwd, store } = await workspace(t)
  const mozart = await startMozart(t)
  await writeFile(join(store, 'foo.tar.gz.osaka.locked.json'), '{"error": "Failed to find"}')
  const { code, stderr } = await runMet(line(mozart.url, { repo: store }), { cwd })
  t.equal(code, 0)
  t.match(stderr, `warning: ${store}/foo.tar.gz.osaka.locked.json is there, left by a container-met.py`)
  t.same(await readFile(join(store, 'foo.tar.gz')), X86)
})

t.test('what is there is stored over, whole, and stays when the registration is refused', async t => {
  const { cwd, store } = await workspace(t)
  await writeFile(join(store, 'foo.tar.gz'), 'before')
  const mozart = await startMozart(t, (response, _, count) => answer(response, count === 1 ? 400 : 200, { success: count > 1, message: 'no' }))
  t.match(await runMet(line(mozart.url, { repo: store, arm64: ['foo-arm64.tar.gz'] }), { cwd }), {
    code: 1, last: /store\/foo\.tar\.gz was there before, so it stays, with the new content; \S+foo-arm64\.tar\.gz was removed again$/
  })
  t.same(await readdir(store), ['foo.tar.gz'])
  t.match(await runMet(line(mozart.url, { repo: store }), { cwd }), { code: 0 })
  t.same(await readFile(join(store, 'foo.tar.gz')), X86)
})

t.test('an answer of 4xx is a failure in one line, and the tarballs are removed again', async t => {
  const { cwd, store } = await workspace(t)
  for (const [status, advice] of [[400, ''], [401, '.netrc'], [404, 'api/v0.1'], [422, '']] as const) {
    const mozart = await startMozart(t, response => answer(response, status, { success: false, message: 'Mozart says why' }))
    const outcome = await runMet(line(mozart.url, { repo: store, arm64: ['foo-arm64.tar.gz'] }), { cwd })
    t.match(outcome, { code: 1, stdout: '', last: new RegExp(`refuses \\(${status}\\): Mozart says why.*removed again.*removed again$`) })
    t.ok(outcome.last.includes(advice))
    t.same(await readdir(store), [])
  }
})

t.test('an answer of 5xx tells nothing: the tarballs stay, and the line says so', async t => {
  const { cwd, store } = await workspace(t)
  for (const status of [500, 503, 507]) {
    const mozart = await startMozart(t, response => answer(response, status, { message: 'Internal Server Error' }))
    t.match(await runMet(line(mozart.url, { repo: store }), { cwd }), {
      code: 1, last: /Internal Server Error; whether container-foo:1\.0 is registered is not known, so the tarballs stay: .*info\?id=container-foo%3A1\.0$/
    })
    t.same(await readdir(store), ['foo.tar.gz'])
  }
})

t.test('a connection that is refused is a failure, and the tarballs are removed again', async t => {
  const { cwd, store } = await workspace(t)
  t.match(await runMet(line(`http://127.0.0.1:${await freePort()}/api/v0.1`, { repo: store }), { cwd }), {
    code: 1, last: /there is no connection to .*ECONNREFUSED.*is mozart_url right.*removed again$/
  })
  t.same(await readdir(store), [])
})

t.test('a repo that cannot be one is refused before anything is sent, with what can', async t => {
  const { cwd } = await workspace(t)
  const mozart = await startMozart(t)
  const cases: Array<[repo: string, said: RegExp]> = [
    ['', /repo is empty/], ['.', /the very file/], ['https://host/path', /nothing can be stored there.*--via-service/],
    ['davs://host/path', /no storage for the scheme davs:/], ['foo:bar', /no storage for the scheme foo:/],
    ['file://host/path', /three slashes/], ['s3://', /names no bucket/], ['s3://minio:9000/bucket', /AWS_ENDPOINT_URL/]
  ]
  for (const [repo, said] of cases) {
    const outcome = await runMet(line(mozart.url, { repo }), { cwd })
    t.match(outcome, { code: 1, stdout: '', last: said }, repo)
    t.equal(outcome.stderr.trim().split('\n').length, 1, outcome.stderr)
  }
  t.same(mozart.requests, [])
})

t.test('a folder may be a file url, and is made with its parents', async t => {
  const { cwd } = await workspace(t)
  const mozart = await startMozart(t)
  t.match(await runMet(line(mozart.url, { repo: `file://${cwd}/a/b c` }), { cwd }), { code: 0 })
  t.same(await readdir(join(cwd, 'a/b c')), ['foo.tar.gz'])
  t.equal(new URLSearchParams(mozart.requests[0]?.body).get('url'), `file://${cwd}/a/b c/foo.tar.gz`)
})

t.test('an empty ident, version or digest, or a wrong mozart_url, is refused before anything is sent', async t => {
  const { cwd, store } = await workspace(t)
  const mozart = await startMozart(t)
  for (const [at, name] of [[0, 'ident'], [1, 'version'], [4, 'digest']] as const) {
    t.match(await runMet(line(mozart.url, { repo: store }).with(at, ''), { cwd }), { code: 1, last: new RegExp(`${name} is empty; nothing was sent`) })
  }
  for (const url of ['', 'mozart:8888/api/v0.1', 'ftp://mozart/']) {
    t.match(await runMet(line(url, { repo: store }), { cwd }), { code: 1, last: /mozart_url must be an address/ })
  }
  t.same([mozart.requests, await readdir(store)], [[], []])
})

t.test('when the second tarball cannot be stored, the first is removed again and nothing is registered', async t => {
  const { cwd, store } = await workspace(t)
  await mkdir(join(store, 'foo-arm64.tar.gz'))
  const mozart = await startMozart(t)
  t.match(await runMet(line(mozart.url, { repo: store, arm64: ['foo-arm64.tar.gz'] }), { cwd }), { code: 1, last: /foo-arm64\.tar\.gz is a folder/ })
  t.same([mozart.requests, await readdir(store)], [[], ['foo-arm64.tar.gz']])
})

t.test('the lines of a Jenkinsfile run unchanged, with ours where container-met.py was', async t => {
  const { cwd, store } = await workspace(t)
  const mozart = await startMozart(t)
  await mkdir(join(cwd, 'verdi/ops/container-builder'), { recursive: true })
  await writeFile(join(cwd, 'verdi/ops/container-builder/container-met.py'), `#!/bin/sh\nexec ${process.execPath} ${BIN} "$@"\n`, { mode: 0o755 })
  await mkdir(join(cwd, 'bin'))
  await writeFile(join(cwd, 'bin/docker'), '#!/bin/sh\necho sha256:0ff\n', { mode: 0o755 })
  await writeFile(join(cwd, 'container-hello:v1.tar.gz'), X86)
  await writeFile(join(cwd, 'container-hello:v1-arm64.tar.gz'), ARM)
  const script = `
    IMAGE="container-\${REPO}:v1"
    TARBALL_X86="\${IMAGE//:\\//_}.tar.gz"
    TARBALL_ARM64="\${IMAGE//:\\//_}-arm64.tar.gz"
    DIGEST=$(docker inspect --format='{{.Id}}' \${IMAGE})
    ~/verdi/ops/container-builder/container-met.py \\
      \${IMAGE} \\
      v1 \\
      \${TARBALL_X86} \\
      \${STORAGE_URL} \\
      \${DIGEST} \\
      \${MOZART_REST_URL} \\
      \${TARBALL_ARM64}`
  await promisify(execFile)('bash', ['-ec', script], {
    cwd, env: { HOME: cwd, PATH: `${cwd}/bin:${process.env['PATH']}`, REPO: 'hello', STORAGE_URL: store, MOZART_REST_URL: mozart.url }
  })
  t.same((await readdir(store)).sort(), ['container-hello:v1-arm64.tar.gz', 'container-hello:v1.tar.gz'])
  t.match(Object.fromEntries(new URLSearchParams(mozart.requests[0]?.body)), {
    name: 'container-hello:v1', version: 'v1', digest: 'sha256:0ff', url: `${store}/container-hello:v1.tar.gz`
  })
})
