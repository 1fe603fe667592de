import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import type { EngineKind } from '../../../src/adapters/search/options.js'
import { ample, create, read } from '../../contracts/document-index/helpers.js'
import { startEngine } from '../../engines/engine.js'
import { enginesUnderTest } from '../../engines/under-test.js'
import { startProxy, type FaultProxy } from './fault-proxy.js'
import { openIndex } from './helpers.js'

/** The engines under test have neither users nor TLS: a proxy before them has. */
const AUTHORIZATION = `Basic ${Buffer.from('hysds:p@ss:word').toString('base64')}`

function askForPassword (proxy: FaultProxy): void {
  proxy.fault = ({ headers }) => headers.authorization === AUTHORIZATION
    ? 'pass'
    : { status: 401, body: { error: { type: 'security_exception', reason: 'unable to authenticate' } } }
}

function kindOf (name: string): EngineKind {
  if (name.startsWith('opensearch')) return 'opensearch'
  return name.startsWith('elasticsearch-7') ? 'elasticsearch7' : 'elasticsearch'
}

async function certificate (t: Test): Promise<{ key: Buffer, cert: Buffer, caFile: string }> {
  const folder = t.testdir()
  const [keyFile, caFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const subject = ['-subj', '/CN=engine', '-addext', 'subjectAltName=IP:127.0.0.1']
  await promisify(execFile)('openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject, '-keyout', keyFile, '-out', caFile])
  return { key: await readFile(keyFile), cert: await readFile(caFile), caFile }
}

for (const name of enginesUnderTest()) {
  t.test(name, async t => {
    const { url } = await startEngine(t, name)

    t.test('credentials are taken from the URL or given apart', async t => {
      const proxy = await startProxy(t, url)
      askForPassword(proxy)
      const inUrl = openIndex(t, proxy.url.replace('//', '//hysds:p%40ss%3Aword@'))
      await create(inUrl, 'container', 'a')
      t.equal((await read(inUrl, 'container', 'a')).id, 'a')
      const apart = openIndex(t, proxy.url, { username: 'hysds', password: 'p@ss:word' })
      await create(apart, 'container', 'a')
    })

    t.test('wrong credentials are named as what to fix, and never shown', async t => {
      const proxy = await startProxy(t, url)
      askForPassword(proxy)
      for (const kind of [undefined, kindOf(name)]) {
        const index = openIndex(t, proxy.url, { username: 'hysds', password: 'wrong-secret', kind })
        const error = await index.get('container', 'a', ample()).catch((error: unknown) => error) as Error
        t.match(error, { code: 'INDEX_UNAVAILABLE', message: /user and the password/ })
        const { state, reason } = await index.health(ample())
        t.equal(state, 'down')
        t.match(reason, /user and the password/)
        t.notMatch(`${reason} ${error.stack}`, /wrong-secret/)
      }
    })

    t.test('a user who may not ask what the engine is works when its kind is given', async t => {
      const proxy = await startProxy(t, url)
      const refused = { error: { type: 'security_exception', reason: 'no permissions for [cluster:monitor/main]' } }
      proxy.fault = ({ url }) => url === '/' ? { status: 403, body: refused } : 'pass'
      const asking = openIndex(t, proxy.url)
      const advice = { code: 'INDEX_UNAVAILABLE', message: /LEPORELLO_INDEX_KIND/ }
      await t.rejects(asking.get('container', 'a', ample()), advice)
      const told = openIndex(t, proxy.url, { kind: kindOf(name) })
      await create(told, 'container', 'a')
      t.match(await told.health(ample()), { kind: name.replace(/-.*/, ''), state: 'up' })
    })

    t.test('TLS: a certificate is checked, against the authority that is given, unless that is waived', async t => {
      const { key, cert, caFile } = await certificate(t)
      const proxy = await startProxy(t, url, { key, cert })
      const strict = openIndex(t, proxy.url)
      await t.rejects(strict.get('container', 'a', ample()), { code: 'INDEX_UNAVAILABLE', message: /certificate/ })
      for (const trust of [{ caFile }, { insecure: true }]) {
        const index = openIndex(t, proxy.url, trust)
        await create(index, 'container', 'a')
        t.match(await index.health(ample()), { state: 'up' })
      }
    })
  })
}
