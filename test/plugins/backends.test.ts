import { mock } from 'node:test'
import t from 'tap'
import { EmbeddedDocumentIndex } from '../../src/adapters/embedded/document-index.js'
import type { BackendHealth } from '../../src/ports/backend-health.js'
import type { DocumentIndex } from '../../src/ports/document-index.js'
import { temporaryFolder, testApp } from '../app.js'
import { changed } from '../catalogue/swept-catalogue.js'
import { samplesUntil, type Samples } from '../metrics/samples.js'

t.test('an instance looks how its backends are by itself, again and again', async t => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  let state: BackendHealth['state'] = 'down'
  const index = changed<DocumentIndex>(await EmbeddedDocumentIndex.open({ folder: await temporaryFolder(t) }), {
    health: async () => ({ kind: 'embedded', state })
  })
  const app = await testApp(t, { backends: { index } })
  const later = async () => {
    mock.timers.tick(60_000)
    return (await app.inject('/metrics')).body
  }
  const shows = (value: number) => (samples: Samples) =>
    samples.all.some(({ name, labels, value: is }) => name === 'leporello_backend_up' && labels['backend'] === 'index' && is === value)
  t.ok(await samplesUntil(later, shows(0)))
  state = 'up'
  t.ok(await samplesUntil(later, shows(1)))
  state = 'down'
  t.ok(await samplesUntil(later, shows(0)), 'and once more')
})
