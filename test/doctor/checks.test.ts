import { execFile } from 'node:child_process'
import { createServer } from 'node:https'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { FolderImageStore } from '../../src/adapters/folder/image-store.js'
import { loadConfig } from '../../src/config.js'
import { attempted } from '../../src/doctor/attempted.js'
import { checkCertificates } from '../../src/doctor/certificates.js'
import { checkClock } from '../../src/doctor/clock.js'
import { checkFileDescriptors } from '../../src/doctor/file-descriptors.js'
import { checkMemory } from '../../src/doctor/memory.js'
import { checkStore } from '../../src/doctor/store-check.js'
import { EmbeddedDocumentIndex } from '../../src/adapters/embedded/document-index.js'
import { temporaryFolder } from '../app.js'
import { changed } from '../catalogue/swept-catalogue.js'
import { gathered } from '../contracts/bytes.js'

const HOUR_MS = 3_600_000

async function certificate (t: Test, days: string, name = 'leporello.test'): Promise<{ LEPORELLO_TLS_CERT: string, LEPORELLO_TLS_KEY: string }> {
  const folder = await temporaryFolder(t)
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  await promisify(execFile)('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', days,
    '-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`, '-keyout', key, '-out', cert])
  return { LEPORELLO_TLS_CERT: cert, LEPORELLO_TLS_KEY: key }
}

const look = (env: Record<string, string>) => checkCertificates(loadConfig(env), 1000)

t.test('our own certificate: well, about to end, of another name, with another key, and no certificate', async t => {
  const good = await certificate(t, '365')
  t.match(await look(good), [{ state: 'ok', message: /valid for another 36\d days/ }])
  t.match(await look({ ...good, LEPORELLO_PUBLIC_URL: 'https://leporello.test' }), [{ state: 'ok' }])
  t.match(await look({ ...good, LEPORELLO_PUBLIC_URL: 'https://other.test' }), [{ state: 'ok' }, { state: 'wrong', message: /not for other\.test/ }])
  t.match(await look(await certificate(t, '10')), [{ state: 'warning', message: /ends in \d+ days/ }])
  const { LEPORELLO_TLS_KEY } = await certificate(t, '365')
  t.match(await look({ ...good, LEPORELLO_TLS_KEY }), [{ state: 'wrong', message: /is not the key/ }, { state: 'ok' }])
  await writeFile(LEPORELLO_TLS_KEY, 'no key')
  t.match(await look({ ...good, LEPORELLO_TLS_KEY }), [{ state: 'wrong', message: /cannot be used/ }])
})

t.test('the certificate of a server behind us that is about to end is a warning', async t => {
  const { LEPORELLO_TLS_CERT, LEPORELLO_TLS_KEY } = await certificate(t, '5')
  const server = createServer({ cert: await readFile(LEPORELLO_TLS_CERT), key: await readFile(LEPORELLO_TLS_KEY) }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  t.match(await look({ LEPORELLO_INDEX_URL: `https://127.0.0.1:${port}`, LEPORELLO_MOZART_URL: 'https://127.0.0.1:1' }),
    [{ state: 'warning', message: /the search engine at 127\.0\.0\.1:\d+ ends in/ }])
})

t.test('a clock that is off is a warning, and wrong when it is off by more than an eighth of the grace', async t => {
  const images = new FolderImageStore({ root: await temporaryFolder(t) })
  const off = (ms: number) => Object.assign(Object.create(images), { now: async () => new Date(Date.now() + ms) })
  t.match(await checkClock(images, HOUR_MS), [{ state: 'ok' }])
  t.match(await checkClock(off(-120_000), HOUR_MS), [{ state: 'warning', message: /differ by 118 s/ }])
  t.match(await checkClock(off(HOUR_MS), HOUR_MS), [{ state: 'wrong', message: /nothing is swept/ }])
})

t.test('a check that fails itself is a wrong finding', async t => {
  const images = new FolderImageStore({ root: await temporaryFolder(t) })
  const mute = Object.assign(Object.create(images), { now: async () => { throw new Error('no time') } })
  t.match(await attempted('clock', () => checkClock(mute, HOUR_MS)), [{ check: 'clock', state: 'wrong', message: /cannot be told.*no time/, mend: /./ }])
})

t.test('few file descriptors are a warning', async t => {
  const limits = join(await temporaryFolder(t), 'limits')
  const look = async (soft: string, hard: string) => {
    await writeFile(limits, `Limit                     Soft Limit           Hard Limit           Units\nMax open files            ${soft}                 ${hard}               files\n`)
    return await checkFileDescriptors(limits)
  }
  t.match(await look('256', '1024'), [{ state: 'warning', message: /1024 files/ }])
  t.match(await look('1024', '524288'), [{ state: 'ok' }])
  t.match(await look('unlimited', 'unlimited'), [{ state: 'ok' }])
  t.same(await checkFileDescriptors(join(limits, 'not-there')), [], 'where the system does not say, neither does the doctor')
})

t.test('buffers that do not fit into the memory are a warning', async t => {
  const config = loadConfig({ LEPORELLO_STORE: 's3://bucket', AWS_REGION: 'us-east-1' })
  t.match(checkMemory(config, 512 * 2 ** 20), [{ state: 'warning', mend: /LEPORELLO_S3_BUFFER_BYTES/ }])
  t.match(checkMemory(config, 2 ** 30), [{ state: 'ok' }])
})

t.test('the memory that is needed grows with the uploads at once, and fits when what is advised is done', async t => {
  const look = (uploads: string, available: number, more = {}) => checkMemory(loadConfig({ ...more, LEPORELLO_UPLOADS: uploads }), available)
  t.match(look('16', 512 * 2 ** 20), [{ state: 'ok' }])
  t.match(look('200', 2 ** 30), [{ state: 'warning', mend: /^lower LEPORELLO_UPLOADS/ }])
  t.match(look('16', 256 * 2 ** 20), [{ state: 'warning', mend: /^lower LEPORELLO_UPLOADS/ }])
  t.match(look('4', 256 * 2 ** 20), [{ state: 'ok' }])
  const s3 = { LEPORELLO_STORE: 's3://bucket', LEPORELLO_S3_BUFFER_BYTES: String(64 * 2 ** 20) }
  t.match(look('16', 512 * 2 ** 20, s3), [{ state: 'ok' }])
})

t.test('a store that another catalogue has is wrong', async t => {
  const folder = await temporaryFolder(t)
  const images = new FolderImageStore({ root: join(folder, 'tarballs') })
  const index = await EmbeddedDocumentIndex.open({ folder })
  t.teardown(() => index.close())
  const config = loadConfig({ LEPORELLO_DATA_DIR: folder })
  t.match(await checkStore({ images, index, config }), [{ state: 'ok' }])
  await images.createOnce('.leporello', Buffer.from('somebody-else'))
  t.match(await checkStore({ images, index, config }), [{ state: 'wrong', message: /another catalogue \(somebody-else\)/ }])
})

t.test('an object that the doctor put is removed again, though the answer was lost', async t => {
  const folder = await temporaryFolder(t)
  const stored = new FolderImageStore({ root: join(folder, 'tarballs') })
  const images = changed(stored, {
    async put (...args) {
      await stored.put(...args)
      throw new Error('read ECONNRESET')
    }
  })
  const config = loadConfig({ LEPORELLO_DATA_DIR: folder })
  t.match(await checkStore({ images, index: undefined, config }), [{ state: 'wrong', message: /cannot be written.*ECONNRESET/ }])
  t.same(await gathered(stored.list('')), [])
})
