import t from 'tap'
import { checkObjectKey } from '../../src/domain/object-key.js'
import { factsKey, keyInUrl, placeInUrl, placeOf, placesInText, tarballKey, tarballOfFacts } from '../../src/domain/tarball-key.js'

const ULID = '01ARZ3NDEKTSV4RRFFQ69G5FAV'

t.test('a key says what it holds, and its last part is unique by itself', async t => {
  t.equal(tarballKey({ name: 'container-hello:1.0', ulid: ULID, label: 'amd64', compression: 'gzip' }),
    `containers/container-hello/${ULID}/container-hello-1.0-amd64-Q69G5FAV.tar.gz`)
  t.equal(tarballKey({ name: 'hello', ulid: ULID, label: 'arm/v7', compression: 'none' }),
    `containers/hello/${ULID}/hello-latest-arm-v7-Q69G5FAV.tar`)
  t.match(tarballKey({ name: 'hello:1', ulid: ULID, label: 'image', compression: 'zstd' }), /-image-Q69G5FAV\.tar\.zst$/)
})

t.test('no name leads out of its place, or to a key that a url or a store reads otherwise', async t => {
  const names = ['../../etc:passwd', '..', '.', '/', 'a/../b:..', 'ghcr.io:443/org/foo', 'Ünï:cödé', 'a b?c#d%2e', '-:-', `${'x'.repeat(400)}:${'y'.repeat(100)}`,
    '容器:一', '.leporello', 'a\\b', 'AMD64']
  for (const name of names) {
    const key = tarballKey({ name, ulid: ULID, label: 'amd64/v3', compression: 'gzip' })
    t.doesNotThrow(() => checkObjectKey(key), name)
    const place = placeOf(key)
    t.equal(place?.ulid, ULID, name)
    t.same(placeInUrl(`https://h/api/v0.1/container/tarball/${key.split('/').slice(-2).join('/')}`), place, name)
    t.same(placeInUrl(`s3://bucket/prefix/${key}?versionId=a/b`), place, name)
    t.equal(keyInUrl(`s3://bucket/prefix/${key}`), key, name)
    t.ok(key.length < 400, name)
  }
})

t.test('other keys and urls are none of ours', async t => {
  for (const key of ['container-hello.tar.gz', `containers/${ULID}/a.tar`, `containers/a/${ULID.toLowerCase()}/a.tar`, `containers/a/${ULID}/b/c.tar`, `containers/../${ULID}/a.tar`, `containers/a/${ULID}/..`]) {
    t.equal(placeOf(key), undefined, key)
  }
  for (const url of ['s3://bucket/hello-1.0.tar.gz', '', `https://h/${ULID}/`, `https://h/8${ULID.slice(1)}/a.tar`]) t.equal(placeInUrl(url), undefined, url)
})

t.test('a place is found in whatever text names it, under every name that a key gets', async t => {
  for (const name of ['hello:1.0', 'hello:1.tar', 'a.tar.gz:b', '-:-']) {
    for (const compression of ['none', 'gzip', 'zstd'] as const) {
      const key = tarballKey({ name, ulid: ULID, label: 'arm/v7', compression })
      const place = placeOf(key)
      for (const text of [key, `see https://h/api/v0.1/container/tarball/${place?.ulid}/${place?.file}.`, `a=${key},b`, factsKey(key)]) t.same(placesInText(text), [place], text)
    }
  }
  for (const text of ['', `${ULID}/hello-1-amd64-00000000.tar`, `${ULID.toLowerCase()}/hello-1-amd64-Q69G5FAV.tar`, `${ULID}/`, `${ULID}/x/hello-1-amd64-Q69G5FAV.tar`]) {
    t.same(placesInText(text), [], text)
  }
})

t.test('facts lie beside their tarball', async t => {
  t.equal(tarballOfFacts(factsKey('containers/a/x/a.tar')), 'containers/a/x/a.tar')
  t.equal(tarballOfFacts('containers/a/x/a.tar'), undefined)
})
