import t from 'tap'
import { ulid } from 'ulid'
import { Catalogue } from '../../src/catalogue/catalogue.js'
import { parseSpec } from '../../src/domain/spec.js'
import { placeOf } from '../../src/domain/tarball-key.js'
import { GatedIndex } from './gated-index.js'
import { changed, SweptCatalogue } from './swept-catalogue.js'

async function store ({ catalogue }: { readonly catalogue: Catalogue }, members: object, kind: 'job_spec' | 'hysds_io' = 'job_spec') {
  await catalogue.storeSpec(kind, parseSpec(JSON.stringify({ id: 'job-hello:1', ...members })))
}

/** A specification with a dependency image, in HySDS's form. */
function dependingOn (url: string): object {
  return { dependency_images: [{ container_image_name: 'left:1', container_image_url: url, container_image_urls: null }] }
}

/** In how many ways a specification can name a tarball. */
const FORMS: Readonly<Record<string, (url: string) => object>> = {
  'the url of a dependency': dependingOn,
  'the urls of a dependency': url => ({ dependency_images: [{ container_image_urls: { x86_64: url } }] }),
  'the text of its urls': url => ({ dependency_images: [{ container_image_urls: JSON.stringify({ x86_64: url }) }] }),
  'a command': url => ({ command: `/run.sh --image=${url}, and so on` }),
  'a query': url => ({ imported_worker_files: { [`http://proxy/?of=${encodeURIComponent(url)}&as=tar`]: 'x' } })
}

for (const [form, spec] of Object.entries(FORMS)) {
  for (const kind of ['job_spec', 'hysds_io'] as const) {
    t.test(`${form}, in a ${kind} that is stored between the second look and the deletion, keeps the tarball`, async t => {
      const swept = await SweptCatalogue.make(t)
      await swept.write('job_spec', 'job-other:1', '{}')
      const key = await swept.storeCondemned('left:1')
      let stored = 0
      const images = changed(swept.images, {
        async head (wanted) {
          if (wanted === key && stored++ === 0) await store(swept, spec(swept.images.location(key)), kind)
          return await swept.images.head(wanted)
        }
      })
      t.match(await swept.sweep({ images }), { stopped: undefined, deleted: { length: 0 }, leftAlone: [{ key, reason: /registered again/ }] })
      t.equal(stored, 1)
      t.ok(await swept.images.head(key))
      swept.later()
      t.match(await swept.sweep(), { condemned: { length: 0 }, deleted: { length: 0 } }, 'and the sweep sees it itself from then on')
    })
  }
}

t.test('a specification that names a tarball of ours that is gone, or going, is refused, and somebody else\'s is not', async t => {
  const swept = await SweptCatalogue.make(t)
  const [stored, going, lost, forgotten] = await Promise.all(['stored:1', 'going:1', 'lost:1', 'forgotten:1'].map(name =>
    swept.store(name, { recorded: name !== 'forgotten:1' }))) as [string, string, string, string]
  await swept.writeFlag({ key: going, at: new Date().toISOString(), state: 'deleting' })
  await swept.images.remove(lost)
  const other = ulid()
  const never = stored.replace(placeOf(stored)!.ulid, other).replace(placeOf(stored)!.ulid.slice(-8), other.slice(-8))
  for (const key of [going, lost, forgotten, never]) {
    const url = swept.images.location(key)
    await t.rejects(store(swept, dependingOn(url)), { code: 'TARBALL_GONE', message: 'upload it again' }, url)
    const theirs = url.replace('leporello.test', 'another.test')
    if (key === forgotten || key === never) await t.resolves(store(swept, dependingOn(theirs)), theirs)
  }
  await t.resolves(store(swept, { ...dependingOn(swept.images.location(stored)), about: `once ${swept.images.location(never)}, long ago` }))
  await t.resolves(store(swept, dependingOn('s3://bucket/container-hello-1.0.tar.gz')))
})

t.test('one that names none of ours costs nothing more', async t => {
  const { index, images } = await SweptCatalogue.make(t)
  const gated = new GatedIndex(index)
  const asked: unknown[] = []
  const catalogue = new Catalogue({
    index: gated.index, images: changed(images, { async head (key) { asked.push(key); return undefined } }), requestTimeoutMs: 5000
  })
  await store({ catalogue }, { ...dependingOn('s3://bucket/container-hello-1.0.tar.gz'), params: [{ name: ulid(), default: 'x/y.tar' }] })
  t.same(gated.calls.map(({ method, kind }) => `${method} ${kind}`), ['get job_spec', 'put job_spec'])
  t.same(asked, [])
})
