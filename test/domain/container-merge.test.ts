import t from 'tap'
import { parseArchitecture, type Architecture } from '../../src/domain/architecture.js'
import { ContainerDocument } from '../../src/domain/container-document.js'
import { detachedDocument, mergedDocument, parseContainerMerge, type ContainerMerge } from '../../src/domain/container-merge.js'
import type { ImageRecord } from '../../src/domain/image-record.js'

const FIRST = { at: new Date(1000), by: 'first' }
const SECOND = { at: new Date(2000), by: 'second' }

interface Sent {
  readonly version?: string
  readonly digest?: string
  readonly images?: readonly ImageRecord[]
}

function merge (urls: Record<string, string>, { version = '1', digest, images }: Sent = {}): ContainerMerge {
  const text = { name: 'c:1', version, digest, urls: JSON.stringify(urls), architecture: undefined, url: undefined }
  return { ...parseContainerMerge(text), ...images && { images } }
}

function proved (architecture: string, file: string, sha256: string, version = '1'): ImageRecord {
  return {
    architecture: architecture as Architecture, file, image_id: `sha256:${sha256}`, digests: [`sha256:${sha256}`], sha256, size: 1, version, verified: true
  }
}

function after (...merges: readonly ContainerMerge[]): ContainerDocument {
  return merges.reduce<ContainerDocument | undefined>((document, each) => mergedDocument(each, document, FIRST), undefined)!
}

const fields = (document: ContainerDocument) => JSON.parse(document.json)

t.test('a first merge makes a document with Mozart\'s fields in Mozart\'s order', async t => {
  const document = after(merge({ aarch64: 's3://b/a' }, { digest: 'sha256:aa' }))
  t.equal(document.json, '{"id":"c:1","digest":"sha256:aa","url":null,"version":"1","urls":"{\\"arm64\\": \\"s3://b/a\\", \\"aarch64\\": \\"s3://b/a\\"}",' +
    '"images":[{"architecture":"arm64","file":"a","image_id":"sha256:aa","digests":["sha256:aa"],"version":"1","verified":false}],' +
    '"updated_at":"1970-01-01T00:00:01.000Z","updated_by":"first"}')
  t.same(Object.keys(fields(after(merge({ x86_64: 'u' })))), ['id', 'url', 'version', 'urls', 'updated_at', 'updated_by'], 'no id is known')
})

t.test('merges of different architectures come to the same in any order', async t => {
  const three = [merge({ x86_64: 'x' }, { digest: 'dx' }), merge({ arm64: 'a' }, { digest: 'da' }), merge({ s390x: 's' }, { digest: 'ds' })]
  const orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]
  for (const order of orders) {
    const document = after(...order.map(at => three[at]!))
    t.same(document.urls.architectures, ['amd64', 'arm64', 's390x'])
    t.match(fields(document), { digest: 'dx', url: 'x' })
    t.same([...document.records.keys()].sort(), ['amd64', 'arm64', 's390x'])
  }
})

t.test('the same once more is the same document, whatever it was', async t => {
  const merges = [
    merge({ x86_64: 'x' }), merge({ arm64: 'a' }, { version: '2', digest: 'd' }), merge({ s390x: 's', 'amd64/v3': 'v' }, { version: '3' }),
    merge({ arm64: 'b' }, { images: [proved('arm64', 'b', 'bb')] })
  ]
  const foreign = [
    undefined, '{"id":"c:1","url":"s3://b/old"}', '{"id":"c:1","url":"","urls":"not json","digest":7,"n":12345678901234567890123}',
    '{"id":"c:1","url":"other","urls":"{\\"AMD64\\":\\"u\\",\\"quux\\":null}","images":[1,{"architecture":"arm64"}]}'
  ]
  for (const each of merges) {
    for (const json of foreign) {
      const once = mergedDocument(each, json === undefined ? undefined : ContainerDocument.parse(json), FIRST)
      t.equal(mergedDocument(each, once, SECOND), once, json ?? 'nothing before')
      t.equal(mergedDocument(each, ContainerDocument.parse(once.json), SECOND).json, once.json, 'read again, too')
    }
  }
})

t.test('what is not understood stays, digits and all', async t => {
  const before = ContainerDocument.parse('{"id":"c:1","n":12345678901234567890123,\n "x":1.0,"set":"01H","build":"b","urls":"{\\"quux\\": 1, \\"x86_64\\": \\"x\\"}"}')
  const merged = mergedDocument(merge({ arm64: 'a' }), before, FIRST)
  t.match(merged.json, /"n":12345678901234567890123,"x":1\.0,"set":"01H","build":"b"/)
  t.notMatch(merged.json, /\n/)
  t.equal(fields(merged).urls, '{"quux": 1, "x86_64": "x", "amd64": "x", "arm64": "a", "aarch64": "a"}')
  t.equal(fields(merged).url, 'x', 'a foreign url is healed')
})

t.test('a legacy document\'s url is amd64\'s', async t => {
  const legacy = ContainerDocument.parse('{"id":"c:1","version":"1","digest":"d","url":"s3://b/old"}')
  t.match(fields(mergedDocument(merge({ arm64: 'a' }), legacy, FIRST)), { url: 's3://b/old', digest: 'd', urls: /"x86_64": "s3:\/\/b\/old"/ })
})

t.test('the id is the name, whatever somebody else wrote', async t => {
  for (const json of ['{"url":"s3://b/old"}', '{"id":"another:1","url":"s3://b/old"}']) {
    t.equal(fields(mergedDocument(merge({ arm64: 'a' }), ContainerDocument.parse(json), FIRST)).id, 'c:1')
  }
})

t.test('the same bytes under another url keep the old url', async t => {
  const first = after(merge({ arm64: 'old' }, { images: [proved('arm64', 'old', 'aa')] }))
  t.equal(mergedDocument(merge({ arm64: 'new' }, { images: [proved('arm64', 'new', 'aa')] }), first, SECOND), first)
  const another = mergedDocument(merge({ arm64: 'new' }, { images: [proved('arm64', 'new', 'bb')] }), first, SECOND)
  t.equal(another.urls.get(parseArchitecture('arm64')), 'new')
  t.equal(fields(another).digest, 'sha256:bb', 'the replaced image\'s id does not stay')
})

t.test('versions: the last one wins, each image keeps its own', async t => {
  const document = after(merge({ x86_64: 'x' }), merge({ arm64: 'a' }, { version: '2' }))
  t.equal(fields(document).version, '2')
  t.same([...document.differingVersions], [['amd64', '1'], ['arm64', '2']])
  const agreed = mergedDocument(merge({ x86_64: 'x' }, { version: '2' }), document, SECOND)
  t.not(agreed, document, 'the same facts with another version is a change')
  t.same([...agreed.differingVersions], [])
  t.notOk('images' in fields(agreed), 'nothing is left to say')
})

t.test('digest', async t => {
  t.test('of several images it must be one that was proved', async t => {
    t.throws(() => after(merge({ x86_64: 'x', arm64: 'a' }, { digest: 'd' })), { code: 'DIGEST_MISMATCH' })
    const images = [proved('amd64', 'x', 'aa'), proved('arm64', 'a', 'bb')]
    t.ok(after(merge({ x86_64: 'x', arm64: 'a' }, { digest: 'sha256:bb', images })))
    t.throws(() => after(merge({ x86_64: 'x', arm64: 'a' }, { digest: 'sha256:cc', images })), { code: 'DIGEST_MISMATCH' })
  })

  t.test('does not override what was proved', async t => {
    const first = after(merge({ arm64: 'a' }, { images: [proved('arm64', 'a', 'aa')] }))
    t.throws(() => mergedDocument(merge({ arm64: 'a' }, { digest: 'd' }), first, SECOND), { code: 'DIGEST_MISMATCH' })
    t.equal(mergedDocument(merge({ arm64: 'a' }, { digest: 'sha256:aa' }), first, SECOND), first)
  })

  t.test('of a plain add stays until it is known to be wrong', async t => {
    const added = ContainerDocument.parse('{"id":"c:1","digest":"d","url":null,"version":"1","urls":"{\\"arm64\\":\\"a\\"}"}')
    t.equal(fields(mergedDocument(merge({ s390x: 's' }), added, FIRST)).digest, 'd')
    t.equal(fields(mergedDocument(merge({ s390x: 's' }, { digest: 'e' }), added, FIRST)).digest, 'e', 'a known one goes first')
    t.equal(fields(mergedDocument(merge({ x86_64: 'x' }, { digest: 'e' }), added, FIRST)).digest, 'e', 'so does amd64\'s')
  })
})

t.test('detach', async t => {
  const both = after(merge({ x86_64: 'x' }, { digest: 'dx' }), merge({ arm64: 'a' }, { digest: 'da' }))
  const amd64 = parseArchitecture('amd64')
  const alone = detachedDocument(amd64, both, 'c:1', SECOND)
  t.match(fields(alone), { url: null, digest: 'da', urls: '{"arm64": "a", "aarch64": "a"}', updated_by: 'second' })
  t.equal(fields(detachedDocument(parseArchitecture('arm64'), both, 'c:1', SECOND)).url, 'x')
  t.throws(() => detachedDocument(amd64, alone, 'c:1', SECOND), { code: 'ARCHITECTURE_MISSING', details: { available: ['arm64'] } })
  t.throws(() => detachedDocument(parseArchitecture('arm64'), alone, 'c:1', SECOND), { code: 'LAST_ARCHITECTURE' })
})

t.test('a merge says which architecture, one way or the other', async t => {
  const text = { name: 'c', version: '1', digest: undefined, urls: undefined, architecture: undefined, url: undefined }
  t.same(parseContainerMerge({ ...text, architecture: 'linux/arm64/v8', url: 'u' }).urls.architectures, ['arm64'])
  t.throws(() => parseContainerMerge({ ...text, url: 'u' }), { code: 'PARAMETER_MISSING' })
  t.throws(() => parseContainerMerge({ ...text, architecture: 'arm64' }), { code: 'PARAMETER_MISSING' })
  t.throws(() => parseContainerMerge({ ...text, architecture: 'arm64', url: 's3://b/' }), { code: 'URL_INVALID', message: /^url / })
  t.throws(() => parseContainerMerge({ ...text, architecture: 'arm46', url: 'u' }), { code: 'ARCHITECTURE_UNKNOWN', message: /^"arm46" is not/ })
  t.throws(() => parseContainerMerge({ ...text, urls: '{"arm64":"u"}', url: 'u' }), { code: 'PARAMETER_INVALID' })
})
