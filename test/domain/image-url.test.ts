import t from 'tap'
import { parseImageUrl } from '../../src/domain/image-url.js'
import { withoutSecrets, withoutUserinfo } from '../../src/domain/userinfo.js'

t.test('a url is free text with a base name', async t => {
  const urls = [
    'u', 'placeholder', '/abs/path', './x', 's3://bucket/container-hello:1.0.tar.gz', 's3://bucket', 'file:///a/b',
    'https://h/k.tar.gz?version=1#part', 'https://h/k?x=a/b', 'https://h/%2e%2e', 'https://h/a b', '...',
    'https://h/ø/😀.tar', 's3://KEY:SECRET@h/b/k', '\\', 'a/..b', 'x'.repeat(8192)
  ]
  for (const url of urls) t.equal(parseImageUrl('url', url), url)
})

t.test('a url that a worker cannot name a file after is refused by its parameter and the reason', async t => {
  const refused: ReadonlyArray<readonly [url: string, reason: string]> = [
    ['', 'urls.arm64 is empty'],
    ['s3://bucket/', 'urls.arm64 does not end in a file name: "s3://bucket/"'],
    ['s3://', 'does not end in a file name'], ['/', 'does not end in a file name'],
    ['https://h/?v=1', 'does not end in a file name'], ['https://h/#a', 'does not end in a file name'],
    ['?a', 'does not end in a file name'], ['https://h/k?path=/a/', 'does not end in a file name'],
    ['.', 'ends in ".", which is not a file name'], ['https://h/a/..', 'ends in "..", which is not a file name'],
    ['https://h/..?v=1', 'ends in "..", which is not a file name'], ['https://h/.#', 'ends in "."'],
    ['https://h/a\r\nb', 'has the control character U+000D at position 11'],
    ['a\u009f', 'has the control character U+009F'],
    ['a\udfff', 'has the lone surrogate U+DFFF'],
    ['x'.repeat(8193), 'is 8193 bytes long; a url may have 8192'], ['é'.repeat(4097), 'is 8194 bytes long']
  ]
  for (const [url, reason] of refused) {
    t.throws(() => parseImageUrl('urls.arm64', url), { code: 'URL_INVALID', message: reason }, reason)
  }
})

t.test('a refusal shows no secret', async t => {
  for (const url of ['s3://KEY:SECRET@h/b/', 'https://SECRET@h/\n', 'KEY:SECRET@h/..', 's3://KEY:SEC/SECRET@h/']) {
    try { parseImageUrl('url', url) } catch (error) { t.notMatch((error as Error).message, 'SECRET', url) }
  }
})

t.test('userinfo is removed, of valid urls and others', async t => {
  const pairs: ReadonlyArray<readonly [url: string, shown: string]> = [
    ['s3://KEY:SECRET@s3.us-west-2.amazonaws.com:443/b/k', 's3://s3.us-west-2.amazonaws.com:443/b/k'],
    ['https://token@h/a@b', 'https://h/a@b'],
    ['https://u:p@ss@h/k', 'https://h/k'],
    ['davs://u:@h', 'davs://h'],
    ['//u:p@h/k', '//h/k'],
    ['u:p@h/k', 'h/k'],
    ['s3://KEY:ab/cd+e@h/b/k', 's3://h/b/k'],
    ['s3://KEY:ab?cd@h/b/k', 's3://h/b/k'],
    ['KEY:ab/cd@h/b/k', 'h/b/k'],
    ['http://u:p@[not an address/k', 'http://[not an address/k']
  ]
  for (const [url, shown] of pairs) t.equal(withoutUserinfo(url), shown)
})

t.test('a url without userinfo stays as it is', async t => {
  const urls = [
    's3://bucket/a@b', 's3://bucket:9000/a@b', 'http://[::1]:9000/a@b', 'https://h/k?mail=a@b', 'https://h:8080?a@b',
    'u', '', 'foo@1.0.tar', '/a:b@c', 'container-foo:1.0.tar.gz', 'https://h/#a:b@c'
  ]
  for (const url of urls) t.equal(withoutUserinfo(url), url)
})

t.test('removing userinfo takes time in proportion to the length', async t => {
  const long = ':/?#['.repeat(20_000)
  t.equal(withoutUserinfo(long), long)
  t.equal(withoutUserinfo(`a:${'b'.repeat(100_000)}`).length, 100_002)
})

t.test('no url in a text keeps its userinfo', async t => {
  t.equal(withoutSecrets('a "s3://K:S/E@b/x" and https://u:p@h/y, not https://h/z'), 'a "s3://b/x" and https://h/y, not https://h/z')
})
