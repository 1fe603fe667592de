import t from 'tap'
import { parseBuildOfImages } from '../../src/domain/build.js'
import { parseWanted } from '../../src/domain/resolved-image.js'

const ENDLESS = `${'s390x,'.repeat(3000)}arm64`

t.test('of a list of fallbacks each architecture is tried once', async t => {
  t.strictSame(parseWanted('amd64', 'x86_64,s390x,linux/s390x,amd64').fallback, ['amd64', 's390x'])
})

t.test('a list of architectures that is longer than any can be is refused', async t => {
  t.throws(() => parseWanted('amd64', ENDLESS), { code: 'TOO_LARGE', details: { parameter: 'fallback' } })
  t.throws(() => parseBuildOfImages('7', ENDLESS), { code: 'TOO_LARGE', details: { parameter: 'expect' } })
  t.throws(() => parseBuildOfImages('7', JSON.stringify(ENDLESS.split(','))), { code: 'TOO_LARGE', details: { parameter: 'expect' } })
})

t.test('a list of architectures that has each in several spellings is read', async t => {
  t.strictSame(parseBuildOfImages('7', 'x86_64,amd64,linux/amd64,arm64').expect, ['amd64', 'arm64'])
})
