import t from 'tap'
import { maskedDocument } from '../../src/domain/masked-document.js'

const MASKED: Readonly<Record<string, readonly [document: unknown, masked: unknown]>> = {
  'a url': [{ url: 'https://user:secret@host/x.tar' }, { url: 'https://host/x.tar' }],
  'a url whose secret no parser takes for one': [{ url: 'https://user:sec/ret@host/x' }, { url: 'https://host/x' }],
  'a url without a scheme': [{ url: 'user:secret@host/x' }, { url: 'host/x' }],
  'urls within their text': [{ urls: '{"amd64": "https://u:secret@h/x", "arm64": "u:secret@h/y"}' }, { urls: '{"amd64": "https://h/x", "arm64": "h/y"}' }],
  'urls of images': [{ images: [{ url: 'ftp://u:secret@h/x' }] }, { images: [{ url: 'ftp://h/x' }] }],
  'a url in a field of any name': [{ command: 'https://u:secret@h/x' }, { command: 'https://h/x' }],
  'a url in the middle of a text': [{ text: 'see (https://u:secret@h/x) or s3://b/y' }, { text: 'see (https://h/x) or s3://b/y' }],
  'JSON within JSON within JSON': [{ a: JSON.stringify({ b: JSON.stringify(['https://u:secret@h']) }) }, { a: JSON.stringify({ b: JSON.stringify(['https://h']) }) }],
  'a presigned url': [{ url: 'https://h/x?X-Amz-Credential=key&X-Amz-Expires=60&X-Amz-Signature=abc' }, { url: 'https://h/x?X-Amz-Credential=...&X-Amz-Expires=60&X-Amz-Signature=...' }],
  'a url with a token, in the middle of a text': [{ text: 'get https://h/x?a=1&token=abc now' }, { text: 'get https://h/x?a=1&token=... now' }],
  'quotes and backslashes in a secret': [{ url: 'https://u:"se\\cret"@h/x' }, { url: 'https://h/x' }]
}

for (const [what, [document, masked]] of Object.entries(MASKED)) {
  t.test(`the secret of ${what} is left out`, async t => {
    t.equal(maskedDocument(JSON.stringify(document)), JSON.stringify(masked))
  })
}

t.test('escapes hide no secret', async t => {
  t.equal(maskedDocument('{"url":"https:\\/\\/u:secret\\u0040h\\/x"}'), '{"url":"https://h/x"}')
  t.equal(maskedDocument('{"\\u0075rl":"https://u:secret@h/x"}'), '{"\\u0075rl":"https://h/x"}')
})

t.test('all else stays as it is, byte for byte', async t => {
  for (const json of [
    '{"n":12345678901234567890123,"f":1.50,"e":"\\u00e9\\/ @ home","url":"s3://b/x@1.tar"}',
    '{"digest":"repo:tag@sha256:abc","mail":"me@here","url":null,"urls":"","a":["@"]}',
    '{"text":"not json: {\\"@\\"","b":"{broken @","c":"[1,2] @"}'
  ]) t.equal(maskedDocument(json), json)
})

t.test('a document made to take long takes no longer than another', async t => {
  for (const word of ['/', ':/', 'a', 'a:', '//a@', 'token']) {
    const text = `${word.repeat(100_000)} @ token=`
    t.equal(typeof maskedDocument(JSON.stringify({ text, url: text })), 'string', word)
  }
})
