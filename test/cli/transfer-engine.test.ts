import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { printLine, type TransferredDocument } from '../../src/catalogue/transfer.js'
import type { DocumentKind } from '../../src/ports/document-index.js'
import { startProxy } from '../adapters/search/fault-proxy.js'
import { ask, ownIndices } from '../adapters/search/helpers.js'
import { temporaryFolder } from '../app.js'
import { startEngine } from '../engines/engine.js'
import { enginesUnderTest } from '../engines/under-test.js'
import { runLeporello, spawnLeporello } from '../service.js'

const DIGITS = '12345678901234567890123'
const LONG = `job-${'long'.repeat(75)}:v1`
const LONGEST = `job-${'\u{1f40e}'.repeat(127)}`

/** In the order in which they are exported. */
const DOCUMENTS: readonly TransferredDocument[] = [
  document('container', 'container-a:v1', `"version":"2024-01-01","url":null,"n":${DIGITS},"2":"b","1":1.0`),
  document('container', 'container-b:v1', '"version":"develop","urls":"{\\"arm64\\": \\"s3://b/c.tar\\"}"'),
  document('job_spec', 'job-a/../?#%20:v1', '"params":"text"'),
  document('job_spec', 'job-b:v1', `"params":[${DIGITS},-0.10e+2,{"default":{"n":${DIGITS}}}]`),
  document('job_spec', LONG, `"container":"${LONG}"`),
  document('job_spec', LONGEST, '"label":"café"'),
  document('hysds_io', 'hysds-io-a:v1', `"job-specification":"job-a:v1","size":${DIGITS}`),
  document('meta', 'catalogue', '"made":"elsewhere"'),
  document('meta', 'upload:01M88XR1T20K9XRHM1Y2AG3T29', `"name":"container-a:v1","tarballs":[],"n":${DIGITS}`)
]

function document (kind: DocumentKind, id: string, members: string): TransferredDocument {
  return { kind, id, json: `{"id":"${id}",${members}}` }
}

type Environment = Record<string, string>

const embedded = async (t: Test): Promise<Environment> => ({ LEPORELLO_DATA_DIR: await temporaryFolder(t) })

/** A catalogue of its own in the engine at `url`, with the names of its indices. */
function catalogueIn (url: string): Environment & { readonly LEPORELLO_INDEX_CONTAINERS: string } {
  const indices = ownIndices()
  return {
    LEPORELLO_INDEX_URL: url,
    LEPORELLO_INDEX_TIMEOUT_MS: '60000', // other tests may keep the machine busy
    LEPORELLO_INDEX_CONTAINERS: indices.container,
    LEPORELLO_INDEX_JOB_SPECS: indices.job_spec,
    LEPORELLO_INDEX_HYSDS_IOS: indices.hysds_io,
    LEPORELLO_INDEX_META: indices.meta
  }
}

/** A file as it is exported from a catalogue with these documents. */
async function exported (t: Test, documents: readonly TransferredDocument[]) {
  const file = join(await temporaryFolder(t), 'catalogue.ndjson')
  const content = [...documents.map(printLine), `{"documents":${documents.length}}`, ''].join('\n')
  await writeFile(file, content)
  return { file, content }
}

for (const name of enginesUnderTest()) {
  t.test(name, async t => {
    const { url } = await startEngine(t, name)

    t.test('a catalogue moves to the engine and back with every digit, and a second time changes nothing', async t => {
      const { file, content } = await exported(t, DOCUMENTS)
      const [before, engine, another, after] = [await embedded(t), catalogueIn(url), catalogueIn(url), await embedded(t)]
      const moved = join(await temporaryFolder(t), 'moved.ndjson')
      t.match(await runLeporello(['import', file], before), { code: 0, stderr: 'leporello: imported 9 created\n' })
      for (const [from, to] of [[before, engine], [engine, another], [another, after]] as const) {
        t.match(await runLeporello(['export', moved], from), { code: 0, stderr: 'leporello: exported 9 documents\n' })
        t.match(await runLeporello(['import', moved], to), { code: 0, stderr: 'leporello: imported 9 created\n' })
      }
      t.match(await runLeporello(['import', moved], another), { code: 0, stderr: 'leporello: imported 9 same\n' })
      t.equal((await runLeporello(['export'], after)).stdout, content)
    })

    t.test('a document that differs is kept and named, replaced when told to, and refused where a mapping is another\'s', async t => {
      const engine = catalogueIn(url)
      const { file, content } = await exported(t, [document('container', 'container-a:v1', '"version":"develop"')])
      const theirs = { id: 'container-a:v1', version: '1' }
      await ask(`${url}/${engine.LEPORELLO_INDEX_CONTAINERS}/_doc/container-a:v1`, 'PUT', theirs)
      t.match(await runLeporello(['import', file], engine), { code: 1, stderr: /container-a:v1 differs from the one that is there.*\n.*imported 1 kept/ })
      t.same((await ask(`${url}/${engine.LEPORELLO_INDEX_CONTAINERS}/_doc/container-a:v1`)).body._source, theirs)
      t.match(await runLeporello(['import', '--replace', file], engine), { code: 0, stderr: /imported 1 replaced/ })
      t.equal((await runLeporello(['export'], engine)).stdout, content)

      const strict = catalogueIn(url)
      await ask(`${url}/${strict.LEPORELLO_INDEX_CONTAINERS}`, 'PUT', { mappings: { properties: { version: { type: 'date' } } } })
      t.match(await runLeporello(['import', file], strict), { code: 1, stderr: /line 1: .*"container-a:v1".*develop.*\n.*imported 1 refused/ })
    })

    t.test('a document that others posted with line breaks is exported on one line', async t => {
      const engine = catalogueIn(url)
      const printed = '{\n  "id": "container-a:v1",\r\n  "sizes": [\n    1.50,\n    2.0e1\n  ],\t"label": "caf\\u00e9"}\n'
      const posted = await ask(`${url}/${engine.LEPORELLO_INDEX_CONTAINERS}/_doc/container-a:v1`, 'PUT', printed)
      t.equal(posted.status, 201)
      const { file, content } = await exported(t, [
        document('container', 'container-a:v1', '"sizes":[1.50,2.0e1],"label":"café"')
      ])
      t.equal((await runLeporello(['export'], engine)).stdout, content)
      t.match(await runLeporello(['import', file], engine), { code: 0, stderr: 'leporello: imported 1 same\n' })
    })

    t.test('an import that is killed in the middle is completed by repeating it', async t => {
      const { file, content } = await exported(t, Array.from({ length: 3000 }, (_, n) =>
        document('container', `container-${n + 1000}`, `"n":${DIGITS}`)))
      const proxy = await startProxy(t, url)
      const engine = catalogueIn(proxy.url)
      let batches = 0
      // The engine applies the twelfth batch and the import never hears of it; what follows does not even arrive.
      proxy.fault = ({ url }) => {
        if (!url?.includes('/_bulk') || ++batches < 12) return 'pass'
        return batches === 12 ? 'hold answer' : 'silent'
      }
      const killed = spawnLeporello(['import', file], engine)
      await Promise.race([proxy.untilHeld(1), once(killed, 'exit')])
      t.equal(killed.exitCode, null, 'it had not ended by itself')
      killed.kill('SIGKILL')
      await once(killed, 'close')
      proxy.fault = () => 'pass'

      const { code, stderr } = await runLeporello(['import', file], engine)
      t.equal(code, 0, stderr)
      const [same, created] = ['same', 'created'].map(what => Number(new RegExp(`(\\d+) ${what}`).exec(stderr)?.[1]))
      t.ok(same! >= 100 && created! >= 100, 'some were there, and some were not')
      t.equal(same! + created!, 3000)
      t.equal((await runLeporello(['export'], engine)).stdout, content)
    })

    t.test('an engine that has too much to do for a while is asked again', async t => {
      const { file, content } = await exported(t, Array.from({ length: 3000 }, (_, n) =>
        document('container', `container-${n + 1000}`, `"n":${DIGITS}`)))
      const proxy = await startProxy(t, url)
      const engine = catalogueIn(proxy.url)
      let [batches, refused] = [0, 0]
      proxy.fault = ({ url }) => {
        if (url?.includes('/_bulk')) batches++
        if (batches < 8 || refused === 20) return 'pass'
        refused++
        return { status: 429, body: { error: { type: 'circuit_breaking_exception', reason: '[parent] Data too large' } } }
      }
      const { code, stderr } = await runLeporello(['import', file], engine)
      t.equal(code, 0, stderr)
      t.equal(refused, 20)
      t.match(stderr, /Data too large.*; trying again\n[^]*imported 3000 created\n$/)
      t.equal((await runLeporello(['export'], engine)).stdout, content)
    })
  })
}
