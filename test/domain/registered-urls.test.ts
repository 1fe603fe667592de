import t from 'tap'
import { parseArchitecture } from '../../src/domain/architecture.js'
import { RegisteredUrls } from '../../src/domain/registered-urls.js'

const CASES: ReadonlyArray<readonly [what: string, document: object, found: Record<string, string>, flaws: readonly string[]]> = [
  ['whole', { url: 'x', urls: '{"x86_64":"x","amd64":"x","arm64":"a","aarch64":"a"}' }, { amd64: 'x', arm64: 'a' }, []],
  ['legacy', { url: 's3://b/x' }, { amd64: 's3://b/x' }, []],
  ['urls null', { url: 'x', urls: null }, { amd64: 'x' }, []],
  ['an empty object', { url: 'x', urls: '{}' }, { amd64: 'x' }, []],
  ['without amd64', { url: null, urls: '{"aarch64":"a"}' }, { arm64: 'a' }, []],
  ['nothing', { url: null }, {}, ['IMAGES_MISSING']],
  ['an empty url', { url: '', urls: '{"aarch64":"a"}' }, { arm64: 'a' }, ['URL_EMPTY']],
  ['a url without a file name', { url: 's3://b/', urls: '{"aarch64":"a"}' }, { arm64: 'a' }, ['URL_UNUSABLE']],
  ['urls that is no JSON', { url: 'x', urls: '{bad' }, { amd64: 'x' }, ['URLS_UNREADABLE']],
  ['urls that is a list', { url: null, urls: '["x"]' }, {}, ['URLS_UNREADABLE', 'IMAGES_MISSING']],
  ['urls that is an object', { url: null, urls: { aarch64: 'a' } }, { arm64: 'a' }, ['URLS_UNREADABLE']],
  ['urls that is a number', { url: 'x', urls: 8 }, { amd64: 'x' }, ['URLS_UNREADABLE']],
  ['urls that is an empty list', { url: 'x', urls: [] }, { amd64: 'x' }, ['URLS_UNREADABLE']],
  ['an unknown key', { url: null, urls: '{"quux":"q","aarch64":"a"}' }, { arm64: 'a' }, ['ENTRY_UNUSABLE']],
  ['a null entry', { url: null, urls: '{"aarch64":null}' }, {}, ['ENTRY_UNUSABLE', 'IMAGES_MISSING']],
  ['no machine name', { url: null, urls: '{"arm64":"a"}' }, { arm64: 'a' }, ['SPELLING_MISSING']],
  ['spellings that disagree', { url: null, urls: '{"arm64":"a","aarch64":"b"}' }, { arm64: 'b' }, ['SPELLINGS_DISAGREE']],
  ['arm64 as the fallback', { url: 'a', urls: '{"aarch64":"a"}' }, { arm64: 'a' }, ['FALLBACK_WRONG']],
  ['another fallback', { url: 'y', urls: '{"x86_64":"x"}' }, { amd64: 'x' }, ['FALLBACK_WRONG']],
  ['a repeated key', { url: null, urls: '{"aarch64":"a","aarch64":"b"}' }, { arm64: 'b' }, []]
]

for (const [what, document, found, flaws] of CASES) {
  t.test(`${what}: what is found, and what is wrong`, async t => {
    const urls = RegisteredUrls.of(document)
    t.same(Object.fromEntries(urls.architectures.map(name => [name, urls.get(name)])), found)
    t.same(urls.flaws.map(({ code }) => code), flaws)
  })
}

t.test('a text that says all of it is kept byte for byte', async t => {
  const text = '{ "x86_64":"x", "amd64" : "x" }'
  const amd64 = parseArchitecture('amd64')
  t.equal(RegisteredUrls.of({ url: 'x', urls: text }).with(new Map([[amd64, 'x']])).text, text)
  t.equal(RegisteredUrls.of({ url: 'x', urls: text }).with(new Map([[amd64, 'y']])).text, '{"x86_64": "y", "amd64": "y"}')
})

t.test('an object that is not printed as text becomes text, and loses nothing', async t => {
  const urls = RegisteredUrls.of({ url: 'x', urls: { x86_64: 'x', aarch64: 'a' } })
  t.equal(urls.with(new Map([[parseArchitecture('s390x'), 's']])).text,
    '{"x86_64": "x", "aarch64": "a", "amd64": "x", "arm64": "a", "s390x": "s"}')
})

t.test('a change mends spellings that disagree or are missing, and keeps others that were sent', async t => {
  const urls = RegisteredUrls.of({ urls: '{"arm64":"a","aarch64":"b","x64":"x"}' })
  t.equal(urls.with(new Map([[parseArchitecture('s390x'), 's']])).text,
    '{"arm64": "b", "aarch64": "b", "x64": "x", "x86_64": "x", "amd64": "x", "s390x": "s"}')
  t.equal(urls.without(parseArchitecture('arm64')).text, '{"x64": "x", "x86_64": "x", "amd64": "x"}')
})
