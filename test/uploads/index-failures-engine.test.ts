import { setTimeout } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { startProxy, type FaultProxy } from '../adapters/search/fault-proxy.js'
import { ask } from '../adapters/search/helpers.js'
import { temporaryFolder } from '../app.js'
import { startEngine } from '../engines/engine.js'
import { enginesUnderTest } from '../engines/under-test.js'
import { startService } from '../service.js'
import { containersOf } from './documents.js'
import { OpenUpload } from './open-upload.js'
import { begunIn, tarballsIn } from './folder.js'
import { tarballOf } from './tarballs.js'

const TIMEOUT_MS = 1500

for (const engine of enginesUnderTest()) {
  t.test(engine, async t => {
    const running = await startEngine(t, engine)
    let count = 0

    /** A service that reaches the engine through a proxy; the first upload has made the indices and the mark. */
    const started = async (t: Test) => {
      const folder = await temporaryFolder(t)
      const proxy = await startProxy(t, running.url)
      const { url } = await startService(t, {
        LEPORELLO_DATA_DIR: folder,
        LEPORELLO_INDEX_URL: proxy.url,
        LEPORELLO_INDEX_TIMEOUT_MS: String(TIMEOUT_MS),
        LEPORELLO_INDEX_CONTAINERS: `containers-${process.pid}-${++count}`,
        LEPORELLO_INDEX_META: `meta-${process.pid}-${count}`
      })
      const first = tarballOf('container-first:1.0')
      // A new engine takes its time to make them.
      while ((await OpenUpload.put(url, 'container-first:1.0').end(first)).status !== 200);
      while ((await tarballsIn(folder)).length > 2) await setTimeout(20)
      const meta = `${running.url}/meta-${process.pid}-${count}`
      return { url, folder, proxy, meta, stored: await tarballsIn(folder), records: await recordsIn(meta) }
    }

    t.test('an engine that dies while the bytes arrive is a 503, and nothing is left', async t => {
      const { url, folder, stored, meta, records } = await started(t)
      const tarball = tarballOf('container-a:1.0')
      const upload = OpenUpload.put(url, 'container-a:1.0')
      upload.send(tarball.subarray(0, -1))
      await begunIn(folder)
      await running.kill()
      const { status, headers, body } = await upload.end(tarball.subarray(-1))
      t.match({ status, body }, { status: 503, body: { success: false, result: { code: /INDEX_UNAVAILABLE/ }, message: /search engine/ } })
      t.ok(Number(headers['retry-after']) > 0)
      t.same(await tarballsIn(folder), stored, 'no object')
      await running.start()
      t.equal(await recordsIn(meta), records, 'no record')
      t.same(await containersOf(url), ['container-first:1.0'], 'no document')
      t.match(await OpenUpload.put(url, 'container-a:1.0').end(tarball), { status: 200 })
    })

    t.test('an engine that freezes before the registration is a 503 in time, and nothing can be downloaded', async t => {
      const { url, folder, stored } = await started(t)
      const tarball = tarballOf('container-b:1.0')
      const upload = OpenUpload.put(url, 'container-b:1.0')
      upload.send(tarball.subarray(0, -1))
      await begunIn(folder)
      await running.pause()
      const since = performance.now()
      const { status, body } = await upload.end(tarball.subarray(-1)).finally(() => running.resume())
      t.match({ status, body }, { status: 503, body: { result: { code: 'INDEX_UNAVAILABLE' } } })
      t.ok(performance.now() - since < 4 * TIMEOUT_MS)
      while ((await tarballsIn(folder)).length > stored.length) await setTimeout(20)
      t.same(await containersOf(url), ['container-first:1.0'])
      t.match(await OpenUpload.put(url, 'container-b:1.0').end(tarball), { status: 200 })
    })

    for (const [what, form] of [['a tarball', false], ['a form', true]] as const) {
      t.test(`the registration of ${what} whose answer is lost, with the engine after it, is kept and may be repeated`, async t => {
        const { url, folder, proxy, stored } = await started(t)
        const name = 'container-c:1.0'
        const tarball = tarballOf(name)
        loseRegistration(proxy)
        const upload = form ? OpenUpload.post(url, name) : OpenUpload.put(url, name)
        if (form) upload.file('amd64')
        upload.send(tarball)
        if (form) upload.endFile()
        const { status, body } = await (form ? upload.endForm() : upload.end())
        t.match({ status, body }, { status: 503, body: { result: { code: 'OUTCOME_UNKNOWN' } } })
        t.equal((await tarballsIn(folder)).length, stored.length + 2, 'the object stays')
        proxy.fault = () => 'pass'
        const info = await (await fetch(`${url}/container/info?id=${name}`)).json() as { result: { url: string } }
        const download = await fetch(info.result.url)
        t.ok(Buffer.from(await download.arrayBuffer()).equals(tarball), 'for it was registered')
        t.match(await OpenUpload.put(url, name).end(tarball), { status: 200 }, 'sending it again is safe')
      })
    }

    t.test('a lost answer alone is no failure', async t => {
      const { url, proxy } = await started(t)
      let lost = false
      proxy.fault = ({ method, url }) => {
        if (lost || method === 'GET' || !url?.includes('containers-')) return 'pass'
        lost = true
        return 'reset after'
      }
      t.match(await OpenUpload.put(url, 'container-d:1.0').end(tarballOf('container-d:1.0')), { status: 200 })
      t.ok(lost)
    })
  })
}

/** The engine applies the first write of a container, and from then on nobody hears from it. */
function loseRegistration (proxy: FaultProxy): void {
  let down = false
  proxy.fault = ({ method, url }) => {
    if (down) return 'reset before'
    if (method === 'GET' || !url?.includes('containers-')) return 'pass'
    down = true
    return 'reset after'
  }
}

async function recordsIn (meta: string): Promise<number> {
  await ask(`${meta}/_refresh`, 'POST')
  const { body } = await ask(`${meta}/_search?size=100`)
  return (body.hits.hits as Array<{ _id: string }>).filter(({ _id }) => _id.startsWith('upload:')).length
}
