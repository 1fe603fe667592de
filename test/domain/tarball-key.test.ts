import t from 'tap'
import { checkObjectKey } from '../../src/domain/object-key.js'
import { factsKey, keyInUrl, placeInUrl, placeOf, tarballKey, tarballOfFacts } from '../../src/domain/tarball-key.js'

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

t.test('facts lie beside their tarball', async t => {
  t.equal(tarballOfFacts(factsKey('containers/a/x/a.tar')), 'containers/a/x/a.tar')
  t.equal(tarballOfFacts('containers/a/x/a.tar'), undefined)
})
