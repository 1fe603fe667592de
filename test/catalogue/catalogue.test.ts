import t from 'tap'
import { Catalogue } from '../../src/catalogue/catalogue.js'
import { parseContainer } from '../../src/domain/container.js'
import { parseSpec } from '../../src/domain/spec.js'
import { LeporelloError } from '../../src/errors.js'
import { NO_IMAGES } from '../no-images.js'
import { lostAnswer, lostRequest, ScriptedIndex } from './scripted-index.js'

const CONTAINER = parseContainer({
  name: 'c:1', version: '1', digest: 'd', url: undefined, urls: '{"x86_64": "s3://b/x", "amd64": "s3://b/x"}'
})

let clock = 0

function open ({ requestTimeoutMs = 2000 } = {}) {
  const index = new ScriptedIndex()
  const catalogue = new Catalogue({ index, images: NO_IMAGES, requestTimeoutMs, now: () => new Date(clock += 1000) })
  const stored = () => {
    const document = index.stored.get('c:1')
    return document && JSON.parse(document.json)
  }
  return { index, catalogue, stored }
}

t.test('register', async t => {
  t.test('stores Mozart\'s fields in Mozart\'s order, and who and when', async t => {
    const { catalogue, index, stored } = open()
    await catalogue.register(CONTAINER, 'ci')
    t.same(Object.keys(stored()), ['id', 'digest', 'url', 'version', 'urls', 'updated_at', 'updated_by'])
    t.match(stored(), { id: 'c:1', url: 's3://b/x', updated_by: 'ci', updated_at: new Date(clock).toISOString() })
    t.equal(index.writes, 1)
  })

  t.test('replaces the whole document but keeps the set it stands in', async t => {
    const { catalogue, index, stored } = open()
    index.store('c:1', '{"id":"c:1","version":"0","set":"01H","images":[],"note":"foreign"}')
    await catalogue.register(CONTAINER, 'ci')
    t.same(Object.keys(stored()), ['id', 'digest', 'url', 'version', 'urls', 'set', 'updated_at', 'updated_by'])
    t.equal(stored().set, '01H')
  })

  t.test('a repeat writes the same document again, its time included', async t => {
    const { catalogue, index, stored } = open()
    await catalogue.register(CONTAINER, 'ci')
    const first = stored()
    await catalogue.register(CONTAINER, 'somebody else')
    t.same(stored(), first)
    t.equal(index.writes, 2, 'acknowledged only after a write of its own')
  })

  t.test('a conflict is decided again from what stands now', async t => {
    const { catalogue, index, stored } = open()
    index.interferences.push(write => {
      index.store('c:1', '{"id":"c:1","set":"01J"}')
      return write()
    })
    await catalogue.register(CONTAINER, 'ci')
    t.equal(stored().set, '01J')
    t.equal(index.writes, 2)
  })

  t.test('a write whose answer is lost is recognised and made certain', async t => {
    const { catalogue, index, stored } = open()
    index.interferences.push(lostAnswer)
    await catalogue.register(CONTAINER, 'ci')
    t.equal(index.writes, 2)
    t.equal(stored().updated_by, 'ci')
  })

  t.test('a write that never arrived is sent again', async t => {
    const { catalogue, index, stored } = open()
    index.interferences.push(lostRequest, lostRequest)
    await catalogue.register(CONTAINER, 'ci')
    t.equal(index.writes, 3)
    t.ok(stored())
  })

  t.test('endless conflicts end at the deadline as not applied', async t => {
    const { catalogue, index } = open({ requestTimeoutMs: 50 })
    index.interferences.push(...Array.from({ length: 1000 }, () => () => ({ outcome: 'conflict' as const })))
    await t.rejects(catalogue.register(CONTAINER, 'ci'), { code: 'NOT_APPLIED', retryAfterSeconds: 1, message: /c:1/ })
    t.equal(index.stored.size, 0)
  })

  t.test('endless silence ends at the deadline as outcome unknown', async t => {
    const { catalogue, index } = open({ requestTimeoutMs: 50 })
    index.interferences.push(...Array.from({ length: 1000 }, () => lostRequest))
    await t.rejects(catalogue.register(CONTAINER, 'ci'), { code: 'OUTCOME_UNKNOWN', retryAfterSeconds: 1 })
  })

  t.test('an index that fails after an unanswered write leaves the outcome unknown', async t => {
    const { catalogue, index } = open()
    index.interferences.push(write => {
      index.beforeRead = () => { throw new LeporelloError('INDEX_UNAVAILABLE', 'down') }
      return lostAnswer(write)
    })
    await t.rejects(catalogue.register(CONTAINER, 'ci'), { code: 'OUTCOME_UNKNOWN' })
  })

  t.test('an index that refuses after an unanswered write leaves the outcome unknown, too', async t => {
    const { catalogue, index, stored } = open()
    index.interferences.push(lostAnswer, () => { throw new LeporelloError('INDEX_FULL', 'full') })
    await t.rejects(catalogue.register(CONTAINER, 'ci'), { code: 'OUTCOME_UNKNOWN', cause: { code: 'INDEX_FULL' } })
    t.ok(stored(), 'it was applied')
  })

  t.test('an index that fails before anything was sent is unavailable', async t => {
    const { catalogue, index } = open()
    index.beforeRead = () => { throw new LeporelloError('INDEX_UNAVAILABLE', 'down') }
    await t.rejects(catalogue.register(CONTAINER, 'ci'), { code: 'INDEX_UNAVAILABLE' })
  })
})

t.test('remove', async t => {
  t.test('says whether there was a document', async t => {
    const { catalogue, index } = open()
    index.store('c:1', '{"id":"c:1"}')
    t.equal(await catalogue.remove('container', 'c:1'), true)
    t.equal(await catalogue.remove('container', 'c:1'), false)
  })

  t.test('one whose answer is lost has removed the document', async t => {
    const { catalogue, index } = open()
    index.store('c:1', '{"id":"c:1"}')
    index.interferences.push(lostAnswer)
    t.equal(await catalogue.remove('container', 'c:1'), true)
    t.equal(index.writes, 1)
  })

  t.test('removes what another wrote meanwhile only after reading it', async t => {
    const { catalogue, index, stored } = open()
    index.store('c:1', '{"id":"c:1"}')
    index.interferences.push(write => {
      index.store('c:1', '{"id":"c:1","version":"2"}')
      return write()
    })
    t.equal(await catalogue.remove('container', 'c:1'), true)
    t.equal(index.writes, 2)
    t.equal(stored(), undefined)
  })
})

t.test('a specification is stored with its digits', async t => {
  const { catalogue } = open()
  await catalogue.storeSpec('job_spec', parseSpec('{"id": "job:1", "n": 12345678901234567890123, "x": 1.0}'))
  t.equal(await catalogue.find('job_spec', 'job:1'), '{"id":"job:1","n":12345678901234567890123,"x":1.0}')
})

t.test('health tells each backend', async t => {
  const { catalogue } = open()
  t.match(await catalogue.health(), { index: { kind: 'scripted', state: 'up' }, store: { kind: 'folder' } })
})
