import t from 'tap'
import { assumptionOf, compareArchitectures, parseArchitecture, publishedKeys } from '../../src/domain/architecture.js'
import { LeporelloError } from '../../src/errors.js'

const SPELLINGS: ReadonlyArray<readonly [canonical: string, spellings: string]> = [
  ['amd64', 'x86_64 AMD64 amd64 x86-64 x64 em64t X86_64 linux/amd64'],
  ['amd64', 'amd64/v1 amd64v1 x86_64_v1 x86-64-v1 LINUX/AMD64/V1'],
  ['amd64/v2', 'amd64/v2 amd64v2 x86_64_v2 x86_64/v2 x86-64-v2 amd64/2'],
  ['amd64/v3', 'amd64/v3 amd64v3 x86_64_v3 x86_64/v3 x86-64-v3 linux/amd64/v3 amd64v3/v3'],
  ['amd64/v4', 'amd64/v4 amd64v4 x86_64_v4 x86_64-v4'],
  ['arm64', 'aarch64 arm64 ARM64 arm64v8 linux/aarch64'],
  ['arm64', 'arm64/8 arm64/v8 arm64/v8.0 linux/arm64/v8 aarch64/v8 arm64v8/v8'],
  ['arm64/v8.1', 'arm64/v8.1 arm64/8.1'],
  ['arm64/v8.9', 'arm64/v8.9'],
  ['arm64/v9', 'arm64/v9 arm64/9 arm64/9.0 arm64/v9.0 aarch64/v9'],
  ['arm64/v9.7', 'arm64/v9.7'],
  ['arm/v8', 'armv8l arm/v8 arm/8 linux/arm/v8'],
  ['arm/v7', 'armv7l armv7 armv7a armv7hl armv7hnl arm32v7 arm/7 arm/v7 linux/arm/v7'],
  ['arm/v7', 'armhf linux/armhf arm linux/arm armhf/v7'],
  ['arm/v6', 'armv6l armv6 armv6hl arm32v6 arm/v6 arm/6 armel armhf/v6'],
  ['arm/v5', 'armv5 armv5l armv5tel armv5tejl arm32v5 arm/v5 armel/v5'],
  ['386', '386 i386 i486 i586 i686 x86 ia32 linux/386 I686'],
  ['ppc64le', 'ppc64le ppc64el powerpc64le ppc64le/power8'],
  ['ppc64le/power9', 'ppc64le/power9 ppc64el/POWER9'],
  ['ppc64', 'ppc64 powerpc64'],
  ['s390x', 's390x S390X linux/s390x'],
  ['riscv64', 'riscv64 riscv64gc riscv64/rva20u64'],
  ['riscv64/rva22u64', 'riscv64/rva22u64'],
  ['loong64', 'loong64 loongarch64'],
  ['mips64le', 'mips64le mips64el'],
  ['mipsle', 'mipsle mipsel']
]

function refusal (spelling: string): LeporelloError {
  try {
    parseArchitecture(spelling)
  } catch (error) {
    if (error instanceof LeporelloError) return error
    throw error
  }
  throw new Error(`${spelling} was accepted`)
}

for (const [canonical, spellings] of SPELLINGS) {
  t.test(`${canonical} is what its spellings mean`, async t => {
    t.equal(parseArchitecture(canonical), canonical, 'the canonical name means itself')
    for (const spelling of spellings.split(' ')) t.equal(parseArchitecture(spelling), canonical, spelling)
  })

  t.test(`the published keys of ${canonical} mean ${canonical}`, async t => {
    const keys = publishedKeys(parseArchitecture(canonical))
    t.ok(keys.includes(canonical))
    for (const key of keys) t.equal(parseArchitecture(key), canonical, key)
  })
}

t.test('machine names are published for the baseline only', async t => {
  t.same(publishedKeys(parseArchitecture('linux/amd64')), ['x86_64', 'amd64'])
  t.same(publishedKeys(parseArchitecture('arm64v8')), ['arm64', 'aarch64'])
  t.same(publishedKeys(parseArchitecture('x86')), ['i386', 'i686', '386'])
  t.same(publishedKeys(parseArchitecture('armhf')), ['armv7l', 'arm/v7'])
  t.same(publishedKeys(parseArchitecture('arm32v6')), ['armv6l', 'arm/v6'])
  t.same(publishedKeys(parseArchitecture('loong64')), ['loongarch64', 'loong64'])
  t.same(publishedKeys(parseArchitecture('amd64/v3')), ['amd64/v3'])
  t.same(publishedKeys(parseArchitecture('s390x')), ['s390x'])
})

t.test('what is no architecture is refused with the reason', async t => {
  const refused: ReadonlyArray<readonly [spelling: string, reason: RegExp]> = [
    ['', /is not an architecture/], [' ', /is not an architecture/], [' amd64', /is not an architecture/],
    ['amd64\n', /is not an architecture/], ['*', /is not an architecture/], ['amd64/', /is not an architecture/],
    ['/amd64', /is not an architecture/], ['linux//amd64', /is not an architecture/],
    ['linux/arm/v7/x', /is not an architecture/], ['arm64,amd64', /is not an architecture/],
    ['ａmd64', /is not an architecture/], ['\u212Aamd64', /is not an architecture/], ['a\0', /is not an architecture/],
    ['unknown', /is not a known/], ['all', /is not a known/], ['any', /is not a known/], ['noarch', /is not a known/],
    ['none', /is not a known/], ['multi', /is not a known/], ['universal', /is not a known/],
    ['linux', /is not a known/],
    ['banana', /is not a known/], ['linux/banana', /is not a known/], ['banana/v1', /is not a known/],
    ['ia64', /is not a known/], ['sparc64', /is not a known/], ['wasm', /is not a known/],
    ['__proto__', /is not a known/], ['constructor', /is not a known/], ['v3', /is not a known/],
    ['windows/amd64', /is for windows; images are for linux/], ['darwin/arm64', /is for darwin; images are for linux/],
    ['freebsd/arm/v7', /is for freebsd; images are for linux/], ['windows/armv8', /is for windows/],
    ['amd64/v5', /unknown variant; those of amd64 are v1, v2, v3, v4/], ['arm64/v7', /unknown variant/],
    ['arm64/v8.10', /unknown variant/], ['arm64/v9.8', /unknown variant/], ['arm64/armv8', /unknown variant/],
    ['arm/v4', /unknown variant/], ['386/sse2', /has a variant, and 386 has none/], ['s390x/z13', /has none/],
    ['amd64/constructor', /unknown variant/],
    ['armv7l/v6', /contradicts itself: armv7l means arm\/v7/], ['amd64v3/v2', /contradicts itself/]
  ]
  for (const [spelling, reason] of refused) {
    const error = refusal(spelling)
    t.equal(error.code, 'ARCHITECTURE_UNKNOWN', JSON.stringify(spelling))
    t.match(error.message, reason)
    t.equal(error.details.architecture, spelling)
  }
})

t.test('a refusal suggests the nearest spelling that is accepted', async t => {
  const suggestions: ReadonlyArray<readonly [typo: string, nearest: string | null]> = [
    ['amd46', 'amd64'], ['arm64e', 'arm64'], ['x86_46', 'x86_64'], ['x86-46', 'x86-64'], ['arch64', 'aarch64'],
    ['LINUX/amd46', 'amd64'], ['amd46/v3', 'amd64/v3'], ['ppc64l', 'ppc64'], ['amd64 ', 'amd64'], ['risc64', 'riscv64'],
    ['banana', null], ['any', null], ['ia64', null], ['', null], ['amd64'.repeat(10_000), null]
  ]
  for (const [typo, nearest] of suggestions) {
    const error = refusal(typo)
    t.equal(error.details.nearest, nearest, typo.slice(0, 20))
    t.equal(error.message.includes(`Did you mean "${nearest}"?`), nearest !== null)
    t.ok(error.message.length < 400)
  }
})

t.test('a refusal lists what is accepted, and all of it is', async t => {
  const { message, details } = refusal('banana')
  const accepted = details.accepted as readonly string[]
  t.match(message, /Accepted: amd64, arm64, 386, arm\/v5, .*, s390x/)
  for (const name of accepted) t.equal(parseArchitecture(name), name)
})

t.test('a spelling that leaves the architecture open is ambiguous', async t => {
  const ambiguous: ReadonlyArray<readonly [spelling: string, instead: readonly string[]]> = [
    ['armv8', ['arm64', 'arm/v8']], ['linux/ARMv8', ['arm64', 'arm/v8']], ['armv8/v8', ['arm64', 'arm/v8']],
    ['mips64', ['mips64le']], ['mips', ['mipsle']]
  ]
  for (const [spelling, instead] of ambiguous) {
    const error = refusal(spelling)
    t.equal(error.code, 'ARCHITECTURE_AMBIGUOUS')
    t.match(error.message, `write ${instead.join(' or ')}`)
    t.same(error.details, { architecture: spelling, accepted: instead })
    for (const name of instead) t.equal(parseArchitecture(name), name)
  }
})

t.test('an assumption is said, unless the variant is given', async t => {
  t.match(assumptionOf('armhf'), /"armhf" is taken for arm\/v7, .*; on Alpine and Raspbian it means arm\/v6/)
  t.match(assumptionOf('linux/ARMEL'), /"linux\/ARMEL" is taken for arm\/v6/)
  t.match(assumptionOf('arm'), /"arm" is taken for arm\/v7/)
  for (const spelling of ['armhf/v6', 'arm/v7', 'armv7l', 'amd64', 'linux/arm64/v8']) {
    t.equal(assumptionOf(spelling), undefined, spelling)
  }
  t.throws(() => assumptionOf('armhf '), { code: 'ARCHITECTURE_UNKNOWN' })
})

t.test('amd64 and arm64 come first, the others alphabetically', async t => {
  const sorted = ['amd64', 'arm64', '386', 'amd64/v3', 'arm/v7', 'arm64/v9', 'ppc64le', 's390x'].map(parseArchitecture)
  t.same([...sorted].reverse().sort(compareArchitectures), sorted)
  t.equal(compareArchitectures(parseArchitecture('x64'), parseArchitecture('amd64')), 0)
})
