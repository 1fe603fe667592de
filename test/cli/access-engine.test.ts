import { execFile } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { startProxy } from '../adapters/search/fault-proxy.js'
import { temporaryFolder } from '../app.js'
import { startEngine } from '../engines/engine.js'
import { enginesUnderTest } from '../engines/under-test.js'
import { runLeporello } from '../service.js'

const RIGHT = { LEPORELLO_INDEX_USER: 'hysds', LEPORELLO_INDEX_PASSWORD: 'p@ss:word' }
const WRONG = { LEPORELLO_INDEX_USER: 'hysds', LEPORELLO_INDEX_PASSWORD: 'wrong-secret' }
const AUTHORIZATION = `Basic ${Buffer.from('hysds:p@ss:word').toString('base64')}`

for (const name of enginesUnderTest()) {
  t.test(`${name} behind a proxy that asks for a password and speaks TLS`, async t => {
    const { url } = await startEngine(t, name)
    const folder = await temporaryFolder(t)
    const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
    await promisify(execFile)('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=engine',
      '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', keyFile, '-out', certFile])
    const proxy = await startProxy(t, url, { key: await readFile(keyFile), cert: await readFile(certFile) })
    proxy.fault = ({ headers }) => headers.authorization === AUTHORIZATION
      ? 'pass'
      : { status: 401, body: { error: { type: 'security_exception', reason: 'unable to authenticate' } } }
    const withUser = (userinfo: string) => proxy.url.replace('//', `//${userinfo}@`)
    const home = join(folder, 'home')
    await mkdir(home)
    await writeFile(join(home, '.netrc-os'), 'default login hysds password p@ss:word\n')
    const otherNetrc = join(folder, 'netrc')
    await writeFile(otherNetrc, 'machine elsewhere login a password b\nmachine 127.0.0.1 login hysds password wrong-secret\n')
    const trusting = { LEPORELLO_INDEX_URL: proxy.url, LEPORELLO_INDEX_CA: certFile }

    const cases: ReadonlyArray<readonly [what: string, env: Record<string, string>, refusal?: RegExp]> = [
      ['variables', { ...trusting, ...RIGHT }],
      ['variables before the URL and the netrc file',
        { ...trusting, ...WRONG, HOME: home, LEPORELLO_INDEX_URL: withUser('hysds:p%40ss%3Aword') }, /user and the password/],
      ['the URL before the netrc file', { ...trusting, HOME: home, LEPORELLO_INDEX_URL: withUser('hysds:wrong-secret') }, /user and the password/],
      ['the URL', { ...trusting, LEPORELLO_INDEX_URL: withUser('hysds:p%40ss%3Aword') }],
      ['~/.netrc-os, as HySDS keeps it', { ...trusting, HOME: home }],
      ['another netrc file, with a machine of its own', { ...trusting, HOME: home, LEPORELLO_INDEX_NETRC: otherNetrc }, /user and the password/],
      ['nothing', { ...trusting }, /user and the password/],
      ['an authority that is not the certificate\'s', { LEPORELLO_INDEX_URL: proxy.url, ...RIGHT }, /certificate/],
      ['any certificate', { LEPORELLO_INDEX_URL: proxy.url, LEPORELLO_INDEX_INSECURE: '1', ...RIGHT }]
    ]
    for (const [what, env, refusal] of cases) {
      const { code, stdout, stderr } = await runLeporello(['export', '--kind', 'meta'], { HOME: folder, ...env })
      t.equal(code, refusal === undefined ? 0 : 1, `${what}: ${stderr}`)
      t.match(stderr, refusal ?? /exported nothing/, what)
      t.notMatch(`${stdout}${stderr}`, /p@ss|p%40ss|wrong-secret/, `${what} stays secret`)
    }
  })
}
