import { once } from 'node:events'
import { chmod, chown, lstat, readdir, readFile, rename, stat, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { temporaryFolder } from '../app.js'
import { runLeporello, spawnLeporello, startService } from '../service.js'

async function files (t: Test) {
  const folder = await temporaryFolder(t)
  return { LEPORELLO_HTPASSWD: join(folder, 'htpasswd'), LEPORELLO_ACCESS: join(folder, 'access.json'), LEPORELLO_DATA_DIR: folder }
}

function addUser (env: Record<string, string>, password: string, ...args: string[]) {
  return runLeporello(['user', 'add', ...args], env, Buffer.from(`${password}\n`))
}

t.test('a user and a token are added, used, listed and revoked, while the service runs', async t => {
  const env = await files(t)
  t.match(await addUser(env, 'a long secret', 'ci', '--role', 'write', '--rule', 'container:container-foo:*'),
    { code: 0, stdout: 'ci may write container:container-foo:*\n' })
  const { url } = await startService(t, env)
  const { stdout } = await runLeporello(['token', 'add', 'builds', '--role', 'write', '--expires', '30d'], env)
  const token = stdout.trim()
  t.match(token, /^[\w-]{43}$/)
  t.notMatch(await readFile(env.LEPORELLO_ACCESS, 'utf8'), token)
  t.equal((await stat(env.LEPORELLO_HTPASSWD)).mode & 0o777, 0o600)

  const list = async (authorization: string) => (await fetch(`${url}/container/list`, { headers: { authorization } })).status
  while (await list(`Bearer ${token}`) !== 200) await new Promise(resolve => { setImmediate(resolve) })
  t.equal(await list(`Basic ${Buffer.from('ci:a long secret').toString('base64')}`), 200)
  t.equal(await list('Bearer other'), 401)
  t.match(JSON.parse((await runLeporello(['token', 'list', '--json'], env)).stdout), { tokens: [{ name: 'builds', role: 'write' }] })
  t.match(JSON.parse((await runLeporello(['user', 'list', '--json'], env)).stdout),
    { users: [{ name: 'ci', role: 'write', rules: ['container:container-foo:*'] }] })

  t.equal((await runLeporello(['token', 'revoke', 'builds'], env)).code, 0)
  t.equal((await runLeporello(['user', 'revoke', 'ci'], env)).code, 0)
  while (await list(`Bearer ${token}`) !== 401) await new Promise(resolve => { setImmediate(resolve) })
  t.match(await runLeporello(['user', 'list'], env), { code: 0, stdout: /^user +role +may use\n$/ })
})

t.test('who changes a password leaves role and rules as they were, and one of these leaves the other', async t => {
  const env = await files(t)
  await addUser(env, 'a long secret', 'ci', '--role', 'write', '--rule', 'container:container-foo:*')
  const hash = await readFile(env.LEPORELLO_HTPASSWD, 'utf8')
  t.match(await addUser(env, 'another secret', 'ci'), { code: 0, stdout: 'ci may write container:container-foo:*\n' })
  t.not(await readFile(env.LEPORELLO_HTPASSWD, 'utf8'), hash)
  t.match(await addUser(env, 'another secret', 'ci', '--role', 'read'), { stdout: 'ci may read container:container-foo:*\n' })
  t.match(await addUser(env, 'another secret', 'ci', '--rule', 'job_spec:*'), { stdout: 'ci may read job_spec:*\n' })
  t.match(await addUser(env, 'another secret', 'new'), { stdout: 'new may read everything\n' })
})

t.test('what cannot be is refused, and nothing is changed', async t => {
  const env = await files(t)
  const cases: Array<[args: string[], stderr: RegExp]> = [
    [['token', 'add', 'x', '--role', 'root'], /a role is one of read, write, admin/],
    [['token', 'add', 'x', '--rule', 'containers:*'], /a rule is one of container, job_spec, hysds_io/],
    [['token', 'add', 'x', '--expires', 'yesterday'], /--expires must be a date to come/],
    [['token', 'add', 'x', '--expires', '2020-01-01'], /--expires must be a date to come/],
    [['token', 'revoke', 'x'], /there is no token x/],
    [['user', 'revoke', 'x'], /there is no user x/],
    [['user', 'add'], /missing required argument/],
    [['token', 'revoke', 'x', '--nope'], /unknown option/]
  ]
  for (const [args, stderr] of cases) t.match(await runLeporello(args, env), { code: 2, stderr }, args.join(' '))
  t.match(await addUser(env, 'short', 'x'), { code: 2, stderr: /at least 8 characters/ })
  t.match(await addUser(env, 'long enough', 'a:b'), { code: 2, stderr: /no colon/ })
  t.match(await addUser(env, 'long enough', 'a\x1bb'), { code: 2, stderr: /no white space/ })
  t.match(await addUser(env, 'long\tenough', 'x'), { code: 2, stderr: /no control characters/ })
  t.match(await runLeporello(['user', 'list'], {}), { code: 2, stderr: /LEPORELLO_HTPASSWD and LEPORELLO_ACCESS must name/ })
  await t.rejects(stat(env.LEPORELLO_ACCESS), { code: 'ENOENT' })
})

t.test('a command line that cannot be used is told apart from work that failed', async t => {
  const env = await files(t)
  const cases = [['user', 'add'], ['user', 'add', 'x', '--bogus'], ['user', 'list', 'x', '--bogus'], ['token', 'add'], ['token', 'revoke'], ['token', 'bogus']]
  for (const args of cases) t.match(await runLeporello(args, env), { code: 2, stderr: /^error: / }, args.join(' '))
  t.match(await runLeporello(['token', 'add', '--help']), { code: 0 })
})

t.test('a token is made once, and another one of its name refused', async t => {
  const env = await files(t)
  await runLeporello(['token', 'add', 'x'], env)
  const before = await readFile(env.LEPORELLO_ACCESS, 'utf8')
  t.match(await runLeporello(['token', 'add', 'x'], env), { code: 2, stderr: /there is a token x already/ })
  t.equal(await readFile(env.LEPORELLO_ACCESS, 'utf8'), before)
})

t.test('files that are changed keep their owner, their mode and their place', async t => {
  const env = await files(t)
  await addUser(env, 'a long secret', 'ci')
  const real = join(env.LEPORELLO_DATA_DIR, 'real')
  await rename(env.LEPORELLO_ACCESS, real)
  await symlink(real, env.LEPORELLO_ACCESS)
  for (const file of [env.LEPORELLO_HTPASSWD, real]) {
    await chmod(file, 0o640)
    // Only root may give a file to somebody else, as who runs the service.
    if (process.getuid?.() === 0) await chown(file, 12345, 12346)
  }
  const before = await Promise.all([env.LEPORELLO_HTPASSWD, real].map(async file => await stat(file)))
  t.match(await runLeporello(['user', 'revoke', 'ci'], env), { code: 0 })
  t.match(await runLeporello(['token', 'add', 'x'], env), { code: 0 })
  const after = await Promise.all([env.LEPORELLO_HTPASSWD, real].map(async file => await stat(file)))
  t.same(after.map(({ uid, gid, mode }) => ({ uid, gid, mode })), before.map(({ uid, gid, mode }) => ({ uid, gid, mode })))
  t.ok((await lstat(env.LEPORELLO_ACCESS)).isSymbolicLink())
  t.same((await readdir(env.LEPORELLO_DATA_DIR)).sort(), ['access.json', 'htpasswd', 'real'])
})

t.test('who is asked for a password takes nothing back that others change meanwhile', async t => {
  const env = await files(t)
  await runLeporello(['token', 'add', 'stolen'], env)
  await addUser(env, 'a long secret', 'ci')
  const asked = spawnLeporello(['user', 'add', 'late'], env, 'pipe')
  const exited = once(asked, 'exit')
  // More than a pipe holds: it reads by now, and waits for the rest.
  await new Promise(resolve => { asked.stdin!.write(`a long secret\n${'x'.repeat(1024 * 1024)}`, resolve) })
  await runLeporello(['token', 'revoke', 'stolen'], env)
  asked.stdin!.end()
  t.same(await exited, [0, null])
  const { users, tokens } = JSON.parse(await readFile(env.LEPORELLO_ACCESS, 'utf8'))
  t.same([Object.keys(users).sort(), tokens], [['ci', 'late'], {}])
})

t.test('many who change the files at once each have their say', async t => {
  const env = await files(t)
  const names = ['a', 'b', 'c', 'd']
  await Promise.all(names.map(async name => t.match(await runLeporello(['token', 'add', name], env), { code: 0 })))
  t.same(Object.keys(JSON.parse(await readFile(env.LEPORELLO_ACCESS, 'utf8')).tokens).sort(), names)
})
