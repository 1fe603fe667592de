import t from 'tap'
import { parseArchitecture, publishedKeys } from '../../src/domain/architecture.js'
import { ImageUrls } from '../../src/domain/image-urls.js'
import { LeporelloError } from '../../src/errors.js'

const amd64 = parseArchitecture('amd64')
const arm64 = parseArchitecture('arm64')

function refusal (text: string): LeporelloError {
  try {
    ImageUrls.parse(text)
  } catch (error) {
    if (error instanceof LeporelloError) return error
    throw error
  }
  throw new Error(`${text} was accepted`)
}

t.test('a text with all published keys is kept byte for byte', async t => {
  const texts = [
    '{"x86_64": "s3://b/x.tar", "amd64": "s3://b/x.tar", "arm64": "s3://b/y.tar", "aarch64": "s3://b/y.tar"}',
    ' {"amd64":"u" ,\n"x86_64":"\\u0075"}\t',
    '{"x86_64":"é","linux/amd64":"é","amd64":"é"}',
    '{"x86_64":"s3:\\/\\/b\\/x","amd64":"s3://b/x"}',
    '{"s390x":"u"}', '{"amd64/v3":"u"}',
    '{"x86_64":"u","amd64":"u","x86_64":"u"}'
  ]
  for (const text of texts) t.equal(ImageUrls.parse(text).text, text)
})

t.test('missing published keys are appended to those that were sent', async t => {
  const completed: ReadonlyArray<readonly [sent: string, stored: string]> = [
    ['{"x86_64":"u"}', '{"x86_64": "u", "amd64": "u"}'],
    ['{"amd64":"u"}', '{"amd64": "u", "x86_64": "u"}'],
    ['{"aarch64":"b","x86_64":"a"}', '{"aarch64": "b", "x86_64": "a", "arm64": "b", "amd64": "a"}'],
    ['{"linux/amd64":"u"}', '{"linux/amd64": "u", "x86_64": "u", "amd64": "u"}'],
    ['{"X86_64":"u"}', '{"X86_64": "u", "x86_64": "u", "amd64": "u"}'],
    ['{"arm64v8":"u","arm64":"u"}', '{"arm64v8": "u", "arm64": "u", "aarch64": "u"}'],
    ['{"s390x":"z","386":"u"}', '{"s390x": "z", "386": "u", "i386": "u", "i686": "u"}'],
    ['{"amd64":"u","amd64/v3":"w"}', '{"amd64": "u", "amd64/v3": "w", "x86_64": "u"}'],
    ['{"amd64":"u","amd64":"u"}', '{"amd64": "u", "x86_64": "u"}'],
    ['{"amd64":"ø😀\\"\\\\"}', '{"amd64": "\\u00f8\\ud83d\\ude00\\"\\\\", "x86_64": "\\u00f8\\ud83d\\ude00\\"\\\\"}']
  ]
  for (const [sent, stored] of completed) {
    t.equal(ImageUrls.parse(sent).text, stored)
    t.equal(ImageUrls.parse(stored).text, stored, 'what is stored is complete')
  }
})

t.test('every published key leads to the url of its architecture', async t => {
  const urls = ImageUrls.parse('{"armhf":"v7","i586":"x","loong64":"l","arm64":"a","AMD64":"m","ppc64el":"p"}')
  t.same(urls.architectures, ['amd64', 'arm64', '386', 'arm/v7', 'loong64', 'ppc64le'])
  const stored = JSON.parse(urls.text) as Record<string, string>
  for (const architecture of urls.architectures) {
    for (const key of publishedKeys(architecture)) t.equal(stored[key], urls.get(architecture), key)
  }
})

t.test('an architecture that was not sent has no url', async t => {
  const urls = ImageUrls.parse('{"aarch64":"u"}')
  t.equal(urls.amd64, undefined)
  t.equal(urls.get(amd64), undefined)
  t.equal(urls.get(arm64), 'u')
  t.equal(ImageUrls.parse('{"x64":"u"}').amd64, 'u')
})

t.test('what is no object of urls is refused', async t => {
  const refused: ReadonlyArray<readonly [text: string, message: string]> = [
    ['', 'urls is not valid JSON: it is empty'],
    ['not json', 'urls is not valid JSON: unexpected "n" at line 1, column 1'],
    ["{'x86_64': 'u'}", 'json.dumps prints JSON'],
    ['[]', 'urls must be a JSON object, not a list'], ['"u"', 'urls must be a JSON object, not a string'],
    ['null', 'urls must be a JSON object, not null'],
    ['{}', 'urls has no entry'],
    ['{"x86_64":1}', 'urls.x86_64 must be a url in a string, not a number'],
    ['{"x86_64":null}', 'urls.x86_64 must be a url in a string, not null'],
    [`{"amd64":"u"${' '.repeat(65_536)}}`, 'urls is 65549 bytes long; it may have 65536']
  ]
  for (const [text, message] of refused) {
    const error = refusal(text)
    t.equal(error.code, 'URLS_INVALID')
    t.ok(error.message.includes(message), error.message)
  }
  t.equal(ImageUrls.parse(`{"s390x":"u"${' '.repeat(65_536 - 13)}}`).text.length, 65_536)
})

t.test('a wrong key is refused by its name', async t => {
  const unknown = refusal('{"x86_64":"u","amd46":"u"}')
  t.match(unknown, { code: 'ARCHITECTURE_UNKNOWN', details: { key: 'amd46', nearest: 'amd64' } })
  t.match(unknown.message, /^urls has a wrong key: "amd46" is not a known architecture\. Did you mean "amd64"\?/)
  t.match(refusal('{"armv8":"u"}'), { code: 'ARCHITECTURE_AMBIGUOUS', details: { key: 'armv8' } })
  for (const key of ['', ' amd64', '__proto__', 'windows/amd64', '\\u0000', '\\ud800']) {
    t.equal(refusal(`{"${key}":"u"}`).code, 'ARCHITECTURE_UNKNOWN', key)
  }
})

t.test('a wrong url is refused by its key', async t => {
  t.match(refusal('{"x86_64":"u","aarch64":""}'), { code: 'URL_INVALID', message: 'urls.aarch64 is empty' })
  t.match(refusal('{"x86_64":"s3://b/"}'), { code: 'URL_INVALID', message: 'urls.x86_64 does not end in a file name' })
  t.match(refusal('{"linux/arm64":"a\\n"}'), { code: 'URL_INVALID', message: 'urls.linux/arm64 has the control' })
  t.equal(refusal('{"x86_64":"\\ud800"}').code, 'URL_INVALID')
})

t.test('two urls for one architecture are refused by both keys, without their secrets', async t => {
  const error = refusal('{"x86_64":"s3://K:SECRET@h/b/x","arm64":"u","amd64":"s3://K:SECRET@h/b/y"}')
  t.equal(error.code, 'URLS_INVALID')
  t.equal(error.message, 'urls has the keys x86_64 and amd64, which both mean amd64, with different urls: ' +
    '"s3://h/b/x" and "s3://h/b/y"')
  t.same(error.details,
    { key: 'amd64', keys: ['x86_64', 'amd64'], architecture: 'amd64', urls: ['s3://h/b/x', 's3://h/b/y'] })
})

t.test('a key that occurs twice with different urls is refused', async t => {
  const message = 'urls has the key s390x twice with different urls: "u" and "v"'
  t.match(refusal('{"s390x":"u","s390x":"v"}'), { code: 'URLS_INVALID', message })
  t.match(refusal('{"s390x":"u","\\u0073390x":"v"}'), { code: 'URLS_INVALID', message })
})

t.test('no refusal shows a secret', async t => {
  for (const text of [
    '{"amd64":"s3://K:SECRET@h/b/"}', '{"amd64":"s3://K:SECRET@h/b/x"', '{"amd64":"s3://K:SECRET@h/b/x" x}',
    '["s3://K:SECRET@h/x"]', '{"amd64":"s3://K:SECRET@h/b/x", "x86_64": s3}', '{"amd64":["s3://K:SECRET@h/b/x"]}'
  ]) {
    const { message, details, cause } = refusal(text)
    t.notMatch(message + JSON.stringify(details) + String(cause), /SECRET/, message)
  }
})
