import { gzipSync } from 'node:zlib'
import t from 'tap'
import { parseArchitecture } from '../../src/domain/architecture.js'
import { matchDigest } from '../../src/image/digest-set.js'
import { elf, RELOCATABLE } from './support/elf.js'
import { craneArchive, digest, hex, NAME, podmanArchive, sampleImage } from './support/sample-image.js'
import type { SampleOptions } from './support/sample-image.js'
import {
  blob, descriptor, hybridArchive, layout, layoutBlobs, OCI_INDEX, OCI_MANIFEST, ociArchive
} from './support/sample-layout.js'
import { field, gnuName, pax, tar } from './support/tar-writer.js'
import type { EntrySpec } from './support/tar-writer.js'
import { refusal, verify } from './support/verify.js'

const file = (options: SampleOptions = {}, name = NAME): Buffer => tar(podmanArchive(sampleImage(options), name))

t.test('the architecture claimed must be that of the config', async t => {
  const error = await refusal(file({ architecture: 'arm64' }), { architecture: parseArchitecture('x86_64') })
  t.equal(error.code, 'IMAGE_ARCHITECTURE_MISMATCH')
  t.match(error.message, /sent for amd64, but its config says arm64/)
  for (const architecture of ['amd64', 'arm64', 'ppc64le', 's390x']) {
    const facts = await verify(file({ architecture }), { architecture: parseArchitecture(architecture) })
    t.equal(facts.architecture, architecture)
  }
})

t.test('a variant that the config states must be claimed, one that it leaves out may be', async t => {
  const v3 = file({ architecture: 'amd64', variant: 'v3' })
  t.match(await verify(v3), { architecture: 'amd64/v3', variant: 'v3' })
  t.equal((await refusal(v3, { architecture: parseArchitecture('amd64') })).code, 'IMAGE_ARCHITECTURE_MISMATCH')
  const arm = file({ architecture: 'arm' })
  t.equal((await verify(arm, { architecture: parseArchitecture('arm/v6') })).architecture, 'arm/v7')
})

t.test('a digest is known in every form and of every kind', async t => {
  const image = sampleImage()
  const bytes = tar(ociArchive(image))
  const { digests } = await verify(bytes)
  t.same(digests.map(({ kind }) => kind), ['config', 'manifest'])
  for (const { digest } of digests) {
    for (const form of [digest, digest.slice(7), digest.slice(7).toUpperCase(), `registry/name@${digest}`]) {
      t.ok(await verify(bytes, { digest: form }))
    }
  }
  const error = await refusal(bytes, { digest: hex('other') })
  t.equal(error.code, 'IMAGE_DIGEST_MISMATCH')
  t.match(error.message, new RegExp(`${digest(image.config)} \\(amd64\\)`))
})

t.test('a digest is known of the config, the manifest, an index and the manifest that containerd makes', async t => {
  const image = sampleImage()
  const { blobs, manifest } = layoutBlobs(image)
  const index = JSON.stringify({ schemaVersion: 2, manifests: [descriptor(manifest, OCI_MANIFEST)] })
  const indexed = tar(layout([...blobs, blob(index)], [descriptor(index, OCI_INDEX)]))
  for (const [bytes, kinds] of [
    [indexed, ['config', 'manifest', 'index']],
    [file(), ['config', 'predicted']],
    [tar(craneArchive(image)), ['config', 'predicted']],
    [tar(hybridArchive(image)), ['config', 'manifest']],
    [gzipSync(file()), ['config', 'predicted']]
  ] as const) {
    const { digests } = await verify(bytes)
    t.same(digests.map(({ kind }) => kind), kinds)
    for (const { digest } of digests) t.ok(await verify(bytes, { digest: `name:1.0@${digest}` }))
  }
  t.equal((await refusal(indexed, { digest: digest(image.layers[0]!) })).code, 'IMAGE_DIGEST_MISMATCH', 'of a layer')
  for (const text of [`name@${hex('x')}`, `sha512:${hex('x')}`, 'sha256:', `sha256:${hex('x')} `]) {
    t.equal((await refusal(indexed, { digest: text })).code, 'PARAMETER_INVALID', text)
  }
})

t.test('a digest may be of any image of a registration', async t => {
  const images = await Promise.all(['amd64', 'arm64'].map(architecture => verify(file({ architecture }))))
  t.same(matchDigest(images, images[1]!.imageId), { digest: images[1]!.imageId, kind: 'config' })
  t.throws(() => matchDigest(images, hex('other')), { code: 'IMAGE_DIGEST_MISMATCH', message: /amd64.*arm64/ })
  for (const text of ['', 'latest', 'sha256:12', `sha512:${hex('')}`, `${hex('')}0`]) {
    t.throws(() => matchDigest(images, text), { code: 'PARAMETER_INVALID' }, text)
  }
})

t.test('the name must be a repo tag', async t => {
  for (const tag of ['a/b:1', 'docker.io/a/b:1']) t.same((await verify(file({}, tag), { name: 'a/b:1' })).warnings, [])
  t.same((await verify(file({}, 'docker.io/library/b:latest'), { name: 'b' })).warnings, [])
  t.same((await verify(file({}, 'index.docker.io/b:1'), { name: 'b:1' })).warnings, [])
  t.equal((await refusal(file({}, 'docker.io/library/a/b:1'), { name: 'a/b:1' })).code, 'IMAGE_NAME_MISMATCH',
    'no program finds it as that')
  const error = await refusal(file({}, 'b:2'), { name: 'b:1' })
  t.equal(error.code, 'IMAGE_NAME_MISMATCH')
  t.match(error.message, /docker tag b:2 b:1/)
  t.match(await verify(file({}, 'b:2'), { name: 'b:1', lenient: true }), { warnings: [{ code: 'NAME_MISMATCH' }] })
})

t.test('the name must be in both documents where programs differ in which they read', async t => {
  const both = hybridArchive(sampleImage())
  const renamed = (document: string): Buffer => tar(both.map(spec => (
    spec.name === document ? { ...spec, content: String(spec.content).replaceAll(NAME, 'other:1') } : spec)))
  t.same((await verify(tar(both), { name: NAME })).warnings, [])
  for (const document of ['manifest.json', 'index.json']) {
    const error = await refusal(renamed(document), { name: NAME })
    t.equal(error.code, 'IMAGE_NAME_MISMATCH')
    t.match(error.message, `in ${document}`)
    t.match(await verify(renamed(document), { name: NAME, lenient: true }), { warnings: [{ code: 'NAME_MISMATCH' }] })
  }
})

t.test('the name that podman takes from an index is its, where the one of containerd is empty', async t => {
  const empty = tar(ociArchive(sampleImage(), {
    descriptor: ({ annotations, ...rest }) => (
      { ...rest, annotations: { 'io.containerd.image.name': '', ...annotations as object } })
  }))
  t.same((await verify(empty, { name: NAME })).repoTags, [NAME])
})

t.test("podman's localhost before the name is a warning", async t => {
  t.match((await verify(file({}, 'localhost/b:1'), { name: 'b:1' })).warnings, [{ code: 'NAME_LOCALHOST' }])
})

t.test('binaries of another architecture than the config says are refused', async t => {
  const lie = file({ architecture: 'arm64', binaries: ['amd64', 'amd64'] })
  const error = await refusal(lie)
  t.equal(error.code, 'IMAGE_BINARIES_MISMATCH')
  t.match(error.message, /says arm64, but its binaries are 2 for amd64 \(such as "bin\/program0"\)/)
  t.match(await verify(lie, { lenient: true }), { warnings: [{ code: 'BINARIES_MISMATCH' }] })
})

t.test('binaries that also run are not foreign', async t => {
  t.same((await verify(file({ architecture: 'amd64', binaries: ['386'] }))).warnings, [])
  t.same((await verify(file({ architecture: 'arm64', binaries: ['arm'] }))).warnings, [])
  t.equal((await refusal(file({ architecture: '386', binaries: ['amd64'] }))).code, 'IMAGE_BINARIES_MISMATCH')
})

t.test('foreign binaries beside own ones are a warning', async t => {
  const facts = await verify(file({ architecture: 's390x', binaries: ['amd64', 's390x', 'ppc64le'] }))
  t.match(facts.warnings, [{ code: 'BINARIES_MIXED', message: /amd64.*ppc64le/ }])
})

t.test('no binaries are no evidence', async t => {
  const layer = tar([
    { name: 'bin/run', content: '#!/bin/sh\n' },
    { name: 'lib/object.o', content: elf('arm64', RELOCATABLE) },
    { name: 'lib/filter', content: elf('bpf') },
    { name: 'short', content: '\x7fELF' }
  ])
  t.match(await verify(file({ layers: [layer] })), { binaries: { length: 0 }, warnings: { length: 0 } })
})

t.test("a binary of the system is the example rather than a user's", async t => {
  const layer = tar(['data/a', 'usr/lib/libc.so', 'data/b'].map(name => ({ name, content: elf('amd64') })))
  t.same((await verify(file({ layers: [layer] }))).binaries, [
    { architecture: 'amd64', count: 3, example: 'usr/lib/libc.so' }
  ])
})

t.test('binaries are found where Go finds them', async t => {
  const found = async (...entries: EntrySpec[]) => (await verify(file({ layers: [tar(entries)] }))).binaries
  const program = { name: 'bin/x', content: elf('amd64') }
  const map = Buffer.alloc(512)
  const sparse = { name: 'data', type: 'S', content: Buffer.alloc(600), spoil: field(482, '\u0001') }
  t.match(await found(pax({ size: '7' }), pax({ comment: 'x' }), program), [{ count: 1 }], 'the last PAX header counts')
  t.match(await found(pax({ size: '7' }), pax({ comment: 'x' }, 'g'), program), [{ count: 1 }], 'none before a global')
  t.match(await found(pax({ path: 'dir/', size: '7' }), { name: 'x', type: '\0' }, program), [{ count: 1 }])
  t.match(await found(pax({ path: 'other' }), gnuName('bin/y'), program), [{ example: 'bin/y' }], "GNU's name wins")
  t.match(await found({ ...sparse, content: Buffer.concat([map, sparse.content]), size: 600 }, program), [{ count: 1 }],
    "a sparse file's map goes on in further blocks")
})

t.test('a layer may hold what archives may not', async t => {
  const layer = tar([
    { name: '/absolute', content: 'x' }, { name: '../up' }, { name: 'link', type: '1', link: 'absolute' },
    { name: 'null', type: '3' }, { name: 'twice' }, { name: 'twice' }, { name: 'bin/x', content: elf('amd64') }
  ])
  t.equal((await verify(file({ layers: [layer] }))).binaries[0]?.count, 1)
  t.ok(await verify(file({ layers: [layer.subarray(0, -1024)] })), 'and need no end mark')
  const odd = tar([
    { name: 'x', spoil: field(100, '\u0000644\0jnk') },
    { name: 'x', magic: 'ustar  \0', spoil: field(345, 'a prefix') },
    pax({ constructor: 'x', toString: 'x' }), { name: 'x' }
  ])
  t.ok(await verify(file({ layers: [odd] })), 'and write numbers, times and attributes as Go reads them')
})
