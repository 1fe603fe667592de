import { setImmediate as nextTurn } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { EmbeddedDocumentIndex } from '../../src/adapters/embedded/document-index.js'
import { buildApp } from '../../src/app.js'
import { loadConfig } from '../../src/config.js'
import { LeporelloError } from '../../src/errors.js'
import type { ChangeLog } from '../../src/ports/change-log.js'
import { CONTAINER, form, temporaryFolder } from '../app.js'
import { changed } from '../catalogue/swept-catalogue.js'
import { NO_IMAGES } from '../no-images.js'

/** A service that looks for old changes all the time. */
async function serve (t: Test, env: Record<string, string>, over: (log: ChangeLog) => Partial<ChangeLog> = () => ({})) {
  const folder = await temporaryFolder(t)
  const index = await EmbeddedDocumentIndex.open({ folder })
  const config = loadConfig({ LEPORELLO_DATA_DIR: folder, ...env })
  const app = await buildApp({
    config: { ...config, history: { ...config.history, trimIntervalMs: 1 } },
    backends: { index: changed(index, { changes: changed(index.changes, over(index.changes)) }), images: NO_IMAGES, publicUrl: () => undefined }
  })
  t.teardown(() => app.close())
  await app.ready()
  const versions = async () => (await app.inject(`/container/history?id=${CONTAINER.name}`)).json().result.changes
    .map((change: { after: { version: string } }) => change.after.version)
  const add = async (version: string) => await app.inject({ method: 'POST', url: '/container/add', ...form({ ...CONTAINER, version }) })
  return { app, versions, add }
}

t.test('the timer forgets all but the newest changes of a name', async t => {
  const { versions, add } = await serve(t, { LEPORELLO_HISTORY_ENTRIES: '2' })
  for (const version of ['1', '2', '3', '4']) await add(version)
  let left: string[] = []
  while ((left = await versions()).length > 2) await nextTurn()
  t.same(left, ['4', '3'])
})

t.test('a round that fails is not the last one', async t => {
  let failures = 0
  const { versions, add } = await serve(t, { LEPORELLO_HISTORY_ENTRIES: '1' }, log => ({
    trim: async (...limits) => {
      if (failures++ < 2) throw new LeporelloError('INDEX_UNAVAILABLE', 'down')
      return await log.trim(...limits)
    }
  }))
  await add('1')
  await add('2')
  while ((await versions()).length > 1) await nextTurn()
  t.ok(failures > 2)
})

t.test('a service that closes lets a round end first, and tells it to', async t => {
  const told: AbortSignal[] = []
  let goOn!: () => void
  const opened = new Promise<void>(resolve => { goOn = resolve })
  const { app } = await serve(t, {}, () => ({
    trim: async (_limits, signal) => {
      told.push(signal!)
      await opened
      return 0
    }
  }))
  while (told.length === 0) await nextTurn()
  let isClosed = false
  const closing = app.close().then(() => { isClosed = true })
  while (!told[0]!.aborted) await nextTurn()
  t.notOk(isClosed)
  goOn()
  await closing
  t.ok(isClosed)
})

t.test('what waits when a service closes is written first', async t => {
  const appended: string[] = []
  const { app, add } = await serve(t, {}, () => ({ append: async ({ json }) => { appended.push(JSON.parse(json).after.version) } }))
  await Promise.all(['1', '2', '3'].map(add))
  await app.close()
  t.same(appended.sort(), ['1', '2', '3'])
})
