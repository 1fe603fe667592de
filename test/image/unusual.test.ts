import { gzipSync } from 'node:zlib'
import t from 'tap'
import { parseArchitecture } from '../../src/domain/architecture.js'
import type { ImageRequest } from '../../src/image/image-request.js'
import { elf, RELOCATABLE, SHARED } from './support/elf.js'
import { hex, NAME, podmanArchive, sampleImage } from './support/sample-image.js'
import type { SampleOptions } from './support/sample-image.js'
import { hybridArchive, ociArchive } from './support/sample-layout.js'
import { field, tar } from './support/tar-writer.js'
import type { EntrySpec } from './support/tar-writer.js'
import { refusal, verify } from './support/verify.js'
import { zstd } from './support/zstd-writer.js'

interface Unusual extends SampleOptions {
  /** Entries of its layers. */
  readonly contents: readonly (readonly EntrySpec[])[]
  /** Binaries as `<count> <architecture>`. */
  readonly finds: readonly string[]
  readonly warns?: readonly string[]
}

const program = (architecture: string, name = `bin/${architecture}`, type?: number): EntrySpec => (
  { name, content: elf(architecture, type) })

/** Images that are what they say, though they are not like most. */
const ACCEPTED: Readonly<Record<string, Unusual>> = {
  'no layers at all': {
    contents: [], finds: [], config: { rootfs: { type: 'layers', diff_ids: null }, history: null }
  },
  'empty layers': { contents: [[], []], finds: [], config: { history: null } },
  'the same layer twice': {
    contents: [[program('amd64')], [program('amd64')]], finds: ['1 amd64'], config: { history: [] }
  },
  'only data': { contents: [[{ name: 'data/table.csv', content: 'a,b\n' }]], finds: [] },
  'only scripts': { contents: [[{ name: 'bin/run', content: '#!/bin/sh\n' }]], finds: [] },
  'only what looks like a binary': {
    contents: [[{ name: 'bin/x', content: '\x7fELF' }, program('arm64', 'lib/x.o', RELOCATABLE), program('bpf')]],
    finds: []
  },
  'busybox with its links': {
    contents: [[program('arm64', 'bin/busybox'), ...['sh', 'ls'].map(name => (
      { name: `bin/${name}`, type: name === 'sh' ? '1' : '2', link: 'bin/busybox' }))]],
    architecture: 'arm64',
    finds: ['1 arm64']
  },
  'a loader of musl': {
    contents: [[program('ppc64le', 'lib/ld-musl-powerpc64le.so.1', SHARED)]],
    architecture: 'ppc64le',
    finds: ['1 ppc64le']
  },
  'one static program of Go': {
    contents: [[program('riscv64', 'server')]], architecture: 'riscv64', finds: ['1 riscv64']
  },
  's390x, the big end first': { contents: [[program('s390x')]], architecture: 's390x', finds: ['1 s390x'] },
  'ppc64, the big end first': { contents: [[program('ppc64')]], architecture: 'ppc64', finds: ['1 ppc64'] },
  'pointers of 32 bits on amd64': { contents: [[program('x32')]], finds: ['1 amd64'] },
  '386 alone for amd64': { contents: [[program('386')]], finds: ['1 386'] },
  'arm alone for arm64': { contents: [[program('arm')]], architecture: 'arm64', finds: ['1 arm'] },
  'a variant of arm': { contents: [[program('arm')]], architecture: 'arm', variant: 'v6', finds: ['1 arm'] },
  'a variant of amd64': { contents: [[program('amd64')]], variant: 'v3', finds: ['1 amd64'] },
  'emulators beside the binaries': {
    contents: [[program('arm64', 'usr/bin/tool')], [program('amd64', 'usr/bin/qemu-aarch64-static')]],
    architecture: 'arm64',
    finds: ['1 amd64', '1 arm64'],
    warns: ['BINARIES_MIXED']
  },
  'test data for another machine': {
    contents: [[program('amd64'), program('s390x', 'testdata/a'), program('s390x', 'testdata/b')]],
    finds: ['2 s390x', '1 amd64'],
    warns: ['BINARIES_MIXED']
  }
}

for (const [title, unusual] of Object.entries(ACCEPTED)) {
  const { contents, finds, warns = [], ...options } = unusual
  const image = sampleImage({ ...options, layers: contents.map(tar) })
  const archives: Readonly<Record<string, Buffer>> = {
    'a docker archive': tar(podmanArchive(image)),
    'a layout with gzip': tar(ociArchive(image)),
    'a layout with zstd': tar(ociArchive(image, { compress: zstd })),
    'a hybrid in gzip': gzipSync(tar(hybridArchive(image)))
  }
  for (const [format, archive] of Object.entries(archives)) {
    t.test(`${title}, in ${format}, is what it says`, async t => {
      const { architecture: family = 'amd64', variant } = options
      const architecture = parseArchitecture(variant === undefined ? family : `${family}/${variant}`)
      const { binaries, warnings } = await verify(archive, { name: NAME, architecture })
      t.same(binaries.map(({ architecture, count }) => `${count} ${architecture}`), finds)
      t.same(warnings.map(({ code }) => code).filter(code => code !== 'LOADABLE_BY_FEW'), warns)
    })
  }
}

/** What the config says, and what is in the layers. */
const LIES: readonly (readonly [says: string, is: readonly string[]])[] = [
  ['arm64', ['amd64']], ['amd64', ['arm64']], ['amd64', ['arm']], ['arm64', ['386']], ['386', ['amd64']],
  ['arm/v7', ['arm64']], ['ppc64le', ['ppc64']], ['ppc64', ['ppc64le']], ['s390x', ['amd64']],
  ['riscv64', ['amd64', '386', 'arm64']]
]

for (const [says, is] of LIES) {
  t.test(`${says} over binaries for ${is.join(', ')} is refused, and leniently a warning`, async t => {
    const [architecture = '', variant] = says.split('/')
    const image = sampleImage({ architecture, ...variant !== undefined && { variant }, binaries: is })
    for (const write of [podmanArchive, ociArchive, hybridArchive]) {
      const error = await refusal(tar(write(image)), { architecture: parseArchitecture(says) })
      t.equal(error.code, 'IMAGE_BINARIES_MISMATCH')
      for (const each of is) t.match(error.message, new RegExp(`for ${each} \\(such as "bin/program`))
      t.match((await verify(tar(write(image)), { lenient: true })).warnings, [{ code: 'BINARIES_MISMATCH' }])
    }
  })
}

t.test('lenient is only about names and binaries', async t => {
  const file = tar(podmanArchive(sampleImage({ architecture: 'arm64', binaries: ['amd64'] }), 'other:1'))
  const { warnings } = await verify(file, { name: NAME, lenient: true })
  t.same(warnings.map(({ code }) => code), ['BINARIES_MISMATCH', 'NAME_MISMATCH'])
  const others: readonly (readonly [ImageRequest, string])[] = [
    [{ architecture: parseArchitecture('amd64') }, 'IMAGE_ARCHITECTURE_MISMATCH'],
    [{ digest: hex('another') }, 'IMAGE_DIGEST_MISMATCH'],
    [{ digest: 'latest' }, 'PARAMETER_INVALID'],
    [{ limits: { maxBytes: 1000 } }, 'IMAGE_LIMIT_EXCEEDED']
  ]
  for (const [request, code] of others) t.equal((await refusal(file, { ...request, lenient: true })).code, code)
})

t.test('a time in base 256 is read where it is one of 64 bits with a sign, as in Go', async t => {
  const archive = podmanArchive(sampleImage())
  const manifest = archive.at(-2)!
  for (const time of ['800000000000000000000001', '800000007fffffffffffffff', 'ffffffffffffffffffffffff', 'ffffffff8000000000000000']) {
    const file = tar([...archive.slice(0, -2), { ...manifest, spoil: field(136, Buffer.from(time, 'hex')) }, archive.at(-1)!])
    t.match(await verify(file), { format: 'docker-archive' }, time)
  }
})
