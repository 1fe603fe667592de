import { setImmediate as nextTurn } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { EmbeddedDocumentIndex } from '../../src/adapters/embedded/document-index.js'
import { LeporelloError } from '../../src/errors.js'
import type { DocumentIndex } from '../../src/ports/document-index.js'
import { temporaryFolder, testApp } from '../app.js'
import { putOf } from '../catalogue/gated-index.js'
import { abandoned, NAME, SetInstances } from '../catalogue/set-instances.js'
import { changed } from '../catalogue/swept-catalogue.js'

/** As short as the configuration lets them be. */
const ENV = { LEPORELLO_INDEX_TIMEOUT_MS: '100', LEPORELLO_TAKEOVER_MS: '600', LEPORELLO_SET_EXPIRY_MS: '1000' }

async function openIndex (t: Test): Promise<DocumentIndex> {
  return await EmbeddedDocumentIndex.open({ folder: await temporaryFolder(t) })
}

/** A service whose timer is the only one to do anything. */
async function serve (t: Test, index: DocumentIndex, env: Record<string, string> = {}): Promise<FastifyInstance> {
  return await testApp(t, { backends: { index }, env: { ...ENV, ...env } })
}

async function until (isSo: () => Promise<boolean>): Promise<void> {
  while (!await isSo()) await nextTurn()
}

t.test('the timer publishes what another instance left complete', async t => {
  const index = await openIndex(t)
  const site = new SetInstances(index)
  const app = await serve(t, index, { LEPORELLO_SET_EXPIRY_MS: '3600000' })
  const dying = site.instance({ requestTimeoutMs: 3000 })
  await dying.amd64('1')
  const died = dying.gates.die('before', putOf('container'))
  abandoned(dying.arm64('1'))
  await died
  t.equal((await app.inject(`/container/info?id=${NAME}`)).statusCode, 404)
  await until(async () => (await site.states())[0] === '1 published')
  t.match((await app.inject(`/container/info?id=${NAME}`)).json(), { success: true, result: { build: '1', url: '1-x' } })
})

t.test('the timer ends what nobody completes, and leaves what is young', async t => {
  const index = await openIndex(t)
  const site = new SetInstances(index)
  const app = await serve(t, index)
  await site.instance().amd64('1')
  await until(async () => (await site.states())[0] === '1 expired')
  t.same((await app.inject('/container/pending')).json().result, [])
  const [set] = await site.sets()
  t.ok(Date.parse(set!.closed_at!) - Date.parse(set!.since) > 1000, 'not before its time')
})

t.test('a round that fails is not the last one', async t => {
  const inner = await openIndex(t)
  const site = new SetInstances(inner)
  let failures = 0
  const index = changed(inner, {
    refresh: async (kind, deadline) => {
      if (kind === 'sets' && failures++ < 2) throw new LeporelloError('INDEX_UNAVAILABLE', 'down')
      await inner.refresh(kind, deadline)
    }
  })
  await serve(t, index)
  await site.instance().amd64('1')
  await until(async () => (await site.states())[0] === '1 expired')
  t.ok(failures > 2)
})

t.test('a service that closes lets a round end first', async t => {
  const inner = await openIndex(t)
  let rounds = 0
  let goOn!: () => void
  const opened = new Promise<void>(resolve => { goOn = resolve })
  const index = changed(inner, {
    refresh: async (kind, deadline) => {
      rounds++
      await opened
      await inner.refresh(kind, deadline)
    }
  })
  const app = await serve(t, index)
  await until(async () => rounds > 0)
  let isClosed = false
  const closing = app.close().then(() => { isClosed = true })
  for (let turn = 0; turn < 100; turn++) await nextTurn()
  t.notOk(isClosed)
  goOn()
  await closing
  t.ok(isClosed)
})
