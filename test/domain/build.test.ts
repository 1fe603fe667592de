import t from 'tap'
import { parseBuild, parseBuildOfImages } from '../../src/domain/build.js'

const expectOf = (text: string) => parseBuildOfImages(undefined, text).expect

t.test('what is absent was not sent', async t => {
  t.same(parseBuildOfImages(undefined, undefined), { expect: [] })
  t.same(parseBuildOfImages('7', undefined), { build: '7', expect: [] })
})

t.test('a build is taken as it is', async t => {
  for (const build of ['7', 'jenkins-HySDS PGE-7', '1234567890.1', 'a/b:c#d', ' 7', 'ünïcode 🚀', 'b'.repeat(256), 'é'.repeat(128)]) {
    t.equal(parseBuild(build), build)
    t.equal(parseBuildOfImages(build, undefined).build, build)
  }
})

t.test('a build that is too long or cannot be shown is refused', async t => {
  const bad: Array<[string, RegExp]> = [
    ['', /is 0 bytes long; it may be 1 to 256 bytes/],
    ['b'.repeat(257), /is 257 bytes long; it may be 1 to 256 bytes/],
    ['é'.repeat(129), /is 258 bytes long/],
    ['a\nb', /build has/],
    ['a\u0000b', /build has/],
    ['a\u0007', /build has/]
  ]
  for (const [build, message] of bad) {
    t.throws(() => parseBuildOfImages(build, 'x86_64'), { code: 'PARAMETER_INVALID', message, details: { parameter: 'build' } }, JSON.stringify(build))
  }
})

t.test('expect is a list by comma or of JSON, in any spelling, each architecture once and sorted', async t => {
  t.same(expectOf('x86_64,arm64'), ['amd64', 'arm64'])
  t.same(expectOf('arm64,x86_64'), ['amd64', 'arm64'])
  t.same(expectOf(' aarch64 , amd64 '), ['amd64', 'arm64'])
  t.same(expectOf('x86_64,amd64,linux/amd64'), ['amd64'])
  t.same(expectOf('["x86_64", "aarch64"]'), ['amd64', 'arm64'])
  t.same(expectOf(' ["arm64"]'), ['arm64'])
  t.same(expectOf(expectOf('s390x,arm64,x86_64').join()), expectOf('s390x,arm64,x86_64'))
})

t.test('an expect that names no architecture, or an unknown one, is refused', async t => {
  const bad: Array<[string, string]> = [
    ['', 'PARAMETER_INVALID'], [',', 'PARAMETER_INVALID'], ['x86_64,', 'PARAMETER_INVALID'], [' ', 'PARAMETER_INVALID'], ['x86_64,,arm64', 'PARAMETER_INVALID'],
    ['[""]', 'PARAMETER_INVALID'], ['["x86_64"', 'PARAMETER_INVALID'], ['[1]', 'PARAMETER_INVALID'], ['[["arm64"]]', 'PARAMETER_INVALID'],
    ['[]', 'PARAMETER_INVALID'], ['vax', 'ARCHITECTURE_UNKNOWN'], ['x86_64 arm64', 'ARCHITECTURE_UNKNOWN'], ['{"x86_64":"u"}', 'ARCHITECTURE_UNKNOWN'],
    ['["vax"]', 'ARCHITECTURE_UNKNOWN']
  ]
  for (const [text, code] of bad) t.throws(() => expectOf(text), { code }, text)
})
