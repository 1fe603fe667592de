import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { hashSync } from 'bcryptjs'
import t, { type Test } from 'tap'
import { temporaryFolder } from '../app.js'
import { selfSigned } from '../cli/container-met.js'
import { lackingRequests } from '../mozart/python.js'
import { startService } from '../service.js'

const SCRIPT = new URL('../../../test/attacks/netrc-client.py', import.meta.url).pathname

/** Python's requests sends Latin-1, and knows nothing beyond. */
const PASSWORDS = ['secret', 'p@ss:w/rd?#[]%41', 'k\u00e4se', '"quo ted', 'b#ack\\slash', '$`\'&;|<>{}~^*!=+']

const REFUSED = { success: false, message: 'this needs a user and password, or a token' }

interface Answer {
  readonly name: string
  readonly error?: string
  readonly status: number
  readonly body: { readonly success: boolean, readonly message: string, readonly result?: any }
  readonly headers: Record<string, string>
  readonly redirects: readonly number[]
  readonly authorization: string | null
}

t.test('unmodified requests reads its netrc against a service with a certificate of its own', { skip: lackingRequests() }, async t => {
  const { url, home, certFile } = await protectedService(t)
  const run = async (netrc: string, env: Record<string, string>, ...args: string[]) => {
    const file = join(home, '.netrc')
    await writeFile(file, netrc, { mode: 0o600 })
    const { stdout } = await promisify(execFile)('python3', [SCRIPT, `${url}/api/v0.1`, ...args],
      { env: { PATH: process.env['PATH'] ?? '', HOME: home, PYTHONIOENCODING: 'utf-8', PYTHONUTF8: '1', ...process.env['PYENV_VERSION'] !== undefined && { PYENV_VERSION: process.env['PYENV_VERSION'] }, ...env } })
    return new Map(stdout.trim().split('\n').map(line => JSON.parse(line) as Answer).map(answer => [answer.name, answer]))
  }
  const trusting = { REQUESTS_CA_BUNDLE: certFile }
  const written = (login: string, password: string) => `machine 127.0.0.1 login ${login} password "${password.replace(/[\\"]/g, '\\$&')}"\n`

  t.test('whoever may, may: with the certificate as the one to trust, and trusting anybody', async t => {
    for (const [env, args] of [[trusting, []], [{}, ['insecure']]] as const) {
      const answers = await run(written('user0', PASSWORDS[0]!), env, ...args)
      t.same([...answers].map(([name, { status }]) => [name, status]), [
        ['add', 200], ['info', 200], ['redirected', 200], ['session', 200], ['tarball', 404], ['upload', 422], ['remove', 200]
      ])
      t.match(answers.get('info')?.body.result, { id: 'container-foo:1.0', url: 's3://b/foo.tar.gz', updated_by: 'user0' })
      t.same(answers.get('redirected')?.redirects, [308], 'with its credentials')
      t.match(answers.get('redirected')?.authorization, /^Basic /)
    }
  })

  t.test('passwords of all characters that a netrc file can hold', async t => {
    for (const [at, password] of PASSWORDS.entries()) {
      const answers = await run(written(`user${at}`, password), trusting)
      t.equal(answers.get('session')?.status, 200, password)
    }
  })

  t.test('a certificate that nobody vouches for ends the connection, before anything is sent', async t => {
    for (const [, { error }] of await run(written('user0', 'secret'), {})) t.equal(error, 'SSLError')
  })

  t.test('without an entry, or with a wrong one, it is a 401 that a script can read', async t => {
    for (const netrc of ['', written('user0', 'wrong'), written('nobody', 'secret'), 'machine elsewhere login user0 password secret\n']) {
      const answers = await run(netrc, trusting)
      for (const [name, { status, headers, body }] of answers) {
        t.strictSame([status, headers['x-error-code'], headers['content-type']], [401, 'UNAUTHORIZED', 'application/json'], name)
        t.equal(headers['www-authenticate'], 'Basic realm="leporello", charset="UTF-8"')
        t.match(body, { success: false, message: /\w/ })
      }
      if (netrc === '') t.match(answers.get('add')?.body, REFUSED)
    }
  })

  t.test('who may only read gets a 403 for a change, and in the answer\'s shape', async t => {
    const answers = await run(written('reader', 'secret'), trusting)
    t.same([...answers].map(([name, { status }]) => [name, status]), [
      ['add', 403], ['info', 404], ['redirected', 404], ['session', 200], ['tarball', 404], ['upload', 403], ['remove', 403]
    ])
    t.match(answers.get('add'), { headers: { 'x-error-code': 'FORBIDDEN' }, body: { success: false, message: /\w/ } })
  })
})

/** Users for each password, one who may only read, on TLS. */
async function protectedService (t: Test) {
  const home = await temporaryFolder(t)
  const { certFile, keyFile } = await selfSigned(t)
  const users = PASSWORDS.map((password, at) => [`user${at}`, password] as const)
  const htpasswd = join(home, 'htpasswd')
  const access = join(home, 'access.json')
  await writeFile(htpasswd, [...users, ['reader', 'secret'] as const].map(([user, password]) => `${user}:${hashSync(password, 4)}\n`).join(''))
  await writeFile(access, JSON.stringify({ users: Object.fromEntries(users.map(([user]) => [user, { role: 'write' }])), tokens: {} }))
  const { url } = await startService(t, {
    LEPORELLO_DATA_DIR: join(home, 'data'), LEPORELLO_TLS_CERT: certFile, LEPORELLO_TLS_KEY: keyFile, LEPORELLO_HTPASSWD: htpasswd, LEPORELLO_ACCESS: access
  })
  return { url, home, certFile }
}
