import type { Test } from 'tap'
import { Catalogue } from '../../src/catalogue/catalogue.js'
import type { SearchFilter } from '../../src/catalogue/container-search.js'
import { parseArchitecture } from '../../src/domain/architecture.js'
import { workersChoice } from '../hysds-worker.js'
import type { OpenDocumentIndex } from './document-index.js'
import { ascending, createAll, create } from './document-index/helpers.js'
import { NO_IMAGES } from '../no-images.js'

const LONG = `long-${'x'.repeat(400)}`

const urls = (entries: Record<string, string | null>) => JSON.stringify(entries)

/** Documents as a site has them: ours, those of before there were several architectures, and other people's mistakes. */
const SITE: Readonly<Record<string, object>> = {
  both: { version: '1', url: 's3://b/x', urls: urls({ x86_64: 's3://b/x', amd64: 's3://b/x', arm64: 's3://b/a', aarch64: 's3://b/a' }) },
  'arm only': { version: '1', url: null, urls: urls({ arm64: 's3://b/a', aarch64: 's3://b/a' }) },
  legacy: { version: '2', url: 's3://b/x' },
  'legacy-é': { version: '1', url: 's3://b/x', urls: null },
  'two versions': {
    version: '2',
    url: 's3://b/x',
    urls: urls({ x86_64: 's3://b/x', amd64: 's3://b/x', s390x: 's3://b/s' }),
    images: [{ architecture: 'amd64', file: 'x', digests: [], version: '1', verified: false }]
  },
  'v3 only': { version: '1', url: null, urls: urls({ 'amd64/v3': 's3://b/v3' }) },
  'empty url': { version: '1', url: '', urls: urls({ arm64: 's3://b/a', aarch64: 's3://b/a' }) },
  'bad urls': { version: '1', url: 's3://b/x', urls: 'not json' },
  'a list': { version: '1', url: null, urls: '["s3://b/x"]' },
  'arm as x86': { version: '1', url: 's3://b/a', urls: urls({ arm64: 's3://b/a', aarch64: 's3://b/a' }) },
  'no machine name': { version: '1', url: 's3://b/x', urls: urls({ x86_64: 's3://b/x', arm64: 's3://b/a' }) },
  disagreeing: { version: '1', url: 's3://b/x', urls: urls({ x86_64: 's3://b/x', aarch64: 's3://b/a', arm64: 's3://b/b' }) },
  'null entry': { version: '1', url: 's3://b/x', urls: urls({ x86_64: 's3://b/x', aarch64: null }) },
  nothing: { version: '1' },
  numbers: { version: 1, url: 7, urls: 8, big: '12345678901234567890' },
  [LONG]: { version: '1', url: 's3://b/x' },
  '\u{1f600}': { version: '1', url: 's3://b/x' },
  '\uff5e': { version: '1', url: 's3://b/x' }
}

/** What search and report promise on every index: the same answers. */
export function containerQueriesContract (t: Test, open: OpenDocumentIndex): void {
  async function site (t: Test, documents = SITE) {
    const { index } = await open(t)
    for (const [id, document] of Object.entries(documents)) await create(index, 'container', id, JSON.stringify({ id, ...document }))
    return { index, catalogue: new Catalogue({ index, images: NO_IMAGES, requestTimeoutMs: 30_000 }) }
  }

  async function found (catalogue: Catalogue, filter: SearchFilter, size = 1000): Promise<string[]> {
    const containers: string[] = []
    let after: string | undefined
    do {
      const page = await catalogue.search({ ...filter, size, after })
      containers.push(...page.containers)
      after = page.after
    } while (after !== undefined)
    return containers.map(json => (JSON.parse(json) as { id: string }).id)
  }

  const amd64 = parseArchitecture('amd64')
  const arm64 = parseArchitecture('arm64')

  t.test('search gives whole documents as they are stored, in the order of their ids', async t => {
    const { catalogue } = await site(t)
    const { containers, after } = await catalogue.search({ size: 1000 })
    t.equal(after, undefined)
    t.same(containers, ascending(Object.keys(SITE)).map(id => JSON.stringify({ id, ...SITE[id] })))
  })

  t.test('each filter, and all together', async t => {
    const { catalogue } = await site(t)
    const cases: ReadonlyArray<readonly [SearchFilter, readonly string[]]> = [
      [{ q: 'legacy' }, ['legacy', 'legacy-é']],
      [{ q: 'Legacy' }, []],
      [{ q: '*' }, []],
      [{ q: 'é' }, ['legacy-é']],
      [{ q: 'xxx' }, [LONG]],
      [{ version: '2' }, ['legacy', 'two versions']],
      [{ arch: arm64 }, ['both', 'arm only', 'empty url', 'arm as x86', 'no machine name', 'disagreeing']],
      [{ arch: parseArchitecture('arm64/v9') }, ['both', 'arm only', 'empty url', 'arm as x86', 'no machine name', 'disagreeing']],
      [{ arch: parseArchitecture('amd64/v3'), missing: amd64 }, ['v3 only']],
      [{ missing: arm64, version: '2' }, ['legacy', 'two versions']],
      [{ missing: amd64 }, ['arm only', 'v3 only', 'empty url', 'a list', 'arm as x86', 'nothing', 'numbers']],
      [{ q: 'o', arch: amd64, missing: arm64 }, ['two versions', LONG]],
      [{ arch: parseArchitecture('ppc64le') }, []]
    ]
    for (const [filter, expected] of cases) {
      for (const size of [1, 3, 1000]) t.same(await found(catalogue, filter, size), ascending(expected), JSON.stringify(filter))
    }
  })

  t.test('a page has no more than was asked for, and goes on after any id', async t => {
    const { catalogue } = await site(t)
    const ids = ascending(Object.keys(SITE))
    const first = await catalogue.search({ size: 4 })
    t.equal(first.containers.length, 4)
    t.equal(first.after, ids[3])
    const { containers } = await catalogue.search({ size: 1000, after: 'm' })
    t.equal(containers.length, ids.filter(id => Buffer.compare(Buffer.from(id), Buffer.from('m')) > 0).length)
    t.same(await catalogue.search({ size: 5, after: '\u{1f600}' }), { containers: [] })
  })

  t.test('a page for which too much would have to be read is short, and the next goes on', async t => {
    const { index } = await open(t)
    const plain = Array.from({ length: 5200 }, (_, n) => `c-${String(n).padStart(4, '0')}`)
    await createAll(index, 'container', plain)
    await create(index, 'container', 'd', JSON.stringify({ id: 'd', version: 'rare' }))
    const catalogue = new Catalogue({ index, images: NO_IMAGES, requestTimeoutMs: 30_000 })
    const first = await catalogue.search({ version: 'rare', size: 10 })
    t.match(first, { containers: { length: 0 }, after: 'c-4999' })
    t.same((await catalogue.search({ version: 'rare', size: 10, after: first.after })).containers.length, 1)
  })

  t.test('a page of large containers is short, and the next goes on', async t => {
    const large = Array.from({ length: 14 }, (_, n): [string, object] => [`c-${n + 10}`, { params: 'x'.repeat(900_000) }])
    const { catalogue } = await site(t, Object.fromEntries(large))
    const { containers, after } = await catalogue.search({ size: 1000 })
    t.ok(containers.length > 5 && containers.length < 14, `${containers.length} containers`)
    t.equal((await catalogue.search({ size: 1000, after })).containers.length, 14 - containers.length)
  })

  t.test('what was acknowledged shows at once', async t => {
    const { index, catalogue } = await site(t, {})
    t.same(await catalogue.search({ size: 10 }), { containers: [] })
    t.match(await catalogue.report(), { containers: 0, architectures: {}, lacking: {} })
    await create(index, 'container', 'a')
    t.same((await catalogue.search({ size: 10 })).containers.length, 1)
    t.match(await catalogue.report(), { containers: 1 })
  })

  t.test('report counts, and names what is lacking or wrong', async t => {
    const { catalogue } = await site(t)
    const report = await catalogue.report()
    t.equal(report.containers, Object.keys(SITE).length)
    t.same(report.architectures, { amd64: 11, arm64: 6, 'amd64/v3': 1, s390x: 1 })
    t.same(report.lacking['arm64'], { count: 12, ids: ascending(Object.keys(SITE)).filter(id => !['both', 'arm only', 'empty url', 'arm as x86', 'no machine name', 'disagreeing'].includes(id)) })
    t.same(report.lacking['s390x']?.count, 17)
    t.same(report.lacking['amd64/v3']?.ids, report.lacking['amd64']?.ids.filter(id => id !== 'v3 only'), 'any amd64 serves it')
    t.same(report.legacy, { count: 6, ids: ascending(['legacy', 'legacy-é', 'nothing', LONG, '\u{1f600}', '\uff5e']) })
    t.same(report.versions_differ, { count: 1, ids: ['two versions'] })
    t.same(Object.fromEntries(report.flawed.containers.map(({ id, flaws }) => [id, flaws.map(({ code }) => code)])), {
      'empty url': ['URL_EMPTY'],
      'bad urls': ['URLS_UNREADABLE'],
      'a list': ['URLS_UNREADABLE', 'IMAGES_MISSING'],
      'arm as x86': ['FALLBACK_WRONG'],
      'no machine name': ['SPELLING_MISSING'],
      disagreeing: ['SPELLINGS_DISAGREE'],
      'null entry': ['ENTRY_UNUSABLE'],
      nothing: ['IMAGES_MISSING'],
      numbers: ['URLS_UNREADABLE', 'URL_UNUSABLE', 'IMAGES_MISSING']
    })
    t.equal(report.flawed.count, report.flawed.containers.length)
  })

  t.test('report lists by the machine that would find nothing, and by the name under which HySDS would look', async t => {
    const machines = { armv6l: 's3://b/6', 'arm/v6': 's3://b/6' }
    const { catalogue } = await site(t, {
      six: { url: null, urls: urls(machines) },
      seven: { url: null, urls: urls({ armv7l: 's3://b/7', 'arm/v7': 's3://b/7' }) },
      unnamed: { id: undefined, url: null, urls: urls(machines) },
      renamed: { id: 'six', url: null, urls: urls(machines) }
    })
    const { lacking, flawed } = await catalogue.report()
    t.same(lacking, { 'arm/v6': { count: 1, ids: ['seven'] }, 'arm/v7': { count: 3, ids: ['renamed', 'six', 'unnamed'] } })
    t.match(flawed, {
      count: 2,
      containers: [
        { id: 'renamed', flaws: [{ code: 'ID_WRONG', message: /^its id is "six"/ }] },
        { id: 'unnamed', flaws: [{ code: 'ID_WRONG', message: /^it has no id/ }] }
      ]
    })
  })

  t.test('an unmodified worker chooses what resolve says, or report lists the container', async t => {
    const { index, catalogue } = await site(t)
    const { lacking, flawed, architectures } = await catalogue.report()
    const isFlawed = new Set(flawed.containers.map(({ id }) => id))
    for await (const page of index.documents('container')) {
      for (const { id, json } of page) {
        for (const name of Object.keys(architectures).map(parseArchitecture)) {
          const resolved = await catalogue.resolve(id, { architecture: name, fallback: [] }).then(({ url }) => url, () => undefined)
          const listed = isFlawed.has(id) || lacking[name]?.ids.includes(id) === true
          t.ok(workersChoice(json, name) === resolved || listed, `${id} on ${name}: ${workersChoice(json, name)}, ${resolved}`)
        }
      }
    }
  })
}
