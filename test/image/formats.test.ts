import { gzipSync } from 'node:zlib'
import t from 'tap'
import { baseLayer, digest, hex, NAME, sampleImage } from './support/sample-image.js'
import { craneArchive, oldDockerArchive, otherArchive, podmanArchive } from './support/sample-image.js'
import {
  blob, descriptor, hybridArchive, layout, layoutBlobs, newDockerArchive, OCI_INDEX, OCI_MANIFEST, ociArchive
} from './support/sample-layout.js'
import { gnuName, pax, tar } from './support/tar-writer.js'
import type { EntrySpec } from './support/tar-writer.js'
import { verify } from './support/verify.js'
import { zstd } from './support/zstd-writer.js'

const image = sampleImage()
const plain = (layer: Buffer): Buffer => layer

const FORMATS = {
  'podman docker-archive': { format: 'docker-archive', entries: podmanArchive(image) },
  'docker 24': { format: 'docker-archive', entries: oldDockerArchive(image) },
  'another builder': { format: 'docker-archive', entries: otherArchive(image) },
  crane: { format: 'docker-archive', entries: craneArchive(image) },
  'OCI archive': { format: 'oci-archive', entries: ociArchive(image) },
  'OCI archive with zstd layers': { format: 'oci-archive', entries: ociArchive(image, { compress: zstd }) },
  'docker 25': { format: 'docker-and-oci-archive', entries: newDockerArchive(image) },
  'docker with containerd': { format: 'docker-and-oci-archive', entries: hybridArchive(image) }
}

const COMPRESSIONS = {
  none: plain,
  gzip: (file: Buffer) => gzipSync(file),
  zstd
}

for (const [producer, { format, entries }] of Object.entries(FORMATS)) {
  for (const [compression, compress] of Object.entries(COMPRESSIONS)) {
    t.test(`${producer}, compressed with ${compression}, is read`, async t => {
      const archive = tar(entries)
      const file = compress(archive)
      const facts = await verify(file, { name: NAME })
      t.match(facts, {
        format,
        compression,
        architecture: 'amd64',
        os: 'linux',
        imageId: digest(image.config),
        size: file.length,
        sha256: hex(file),
        decompressedSize: archive.length,
        config: image.config.toString(),
        binaries: [{ architecture: 'amd64', count: 1, example: 'bin/program0' }]
      })
      t.same(facts.layers.map(({ diffId }) => diffId), image.layers.map(digest))
      for (const { offset, size, digest: expected } of facts.layers) {
        t.equal(digest(archive.subarray(offset, offset + size)), expected, 'the offset leads to the layer')
      }
    })
  }
}

t.test('chunks of any size give the same facts', async t => {
  const file = gzipSync(tar(craneArchive(image)))
  const expected = await verify(file)
  for (const bytes of [1, 7, 511, 513]) t.same(await verify(file, {}, bytes), expected)
})

t.test('several members and frames are one file', async t => {
  const file = tar(podmanArchive(image))
  const [head, tail] = [file.subarray(0, 700), file.subarray(700)]
  const expected = { imageId: digest(image.config), decompressedSize: file.length }
  t.match(await verify(Buffer.concat([gzipSync(head), gzipSync(tail)])), expected)
  t.match(await verify(Buffer.concat([zstd(head), zstd(tail)])), expected)
  const skippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4])
  t.match(await verify(Buffer.concat([skippable, zstd(head), skippable, zstd(tail)])), expected)
})

t.test('a layer that is there twice is read in every format', async t => {
  const base = baseLayer(['amd64'])
  const history = [{}, {}, {}, { empty_layer: true }]
  const repeated = sampleImage({ layers: [base, tar([]), base], config: { history } })
  for (const write of [podmanArchive, oldDockerArchive, craneArchive, ociArchive, hybridArchive, newDockerArchive]) {
    const facts = await verify(tar(write(repeated)))
    t.same(facts.layers.map(({ diffId }) => diffId), repeated.layers.map(digest))
    t.match(facts.binaries, [{ architecture: 'amd64', count: 1 }], 'and counted once')
  }
})

t.test('layers of several members, with frames to skip or not to be distributed are layers', async t => {
  const halves = (layer: Buffer): Buffer[] => [layer.subarray(0, 700), layer.subarray(700)]
  const skippable = Buffer.from([0x5f, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4])
  const inFrames = (layer: Buffer): Buffer => Buffer.concat([...halves(layer).map(zstd), skippable])
  const inMembers = (layer: Buffer): Buffer => Buffer.concat(halves(layer).map(half => gzipSync(half)))
  for (const compress of [inFrames, inMembers]) {
    t.equal((await verify(tar(ociArchive(image, { compress })))).imageId, digest(image.config))
  }
  for (const mediaType of [
    'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
    'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip'
  ]) {
    const manifest = (document: Record<string, unknown>): object => ({
      ...document, layers: (document['layers'] as object[]).map(layer => ({ ...layer, mediaType }))
    })
    t.equal((await verify(tar(ociArchive(image, { manifest })))).imageId, digest(image.config), mediaType)
  }
})

t.test('long names are read from PAX and GNU headers', async t => {
  const [base, top, config] = podmanArchive(image)
  const long = `${'directory/'.repeat(20)}layer`
  const manifest = {
    name: 'manifest.json',
    content: JSON.stringify([{ Config: config!.name, Layers: [`${long}0`, `${long}1`] }])
  }
  const file = tar([
    pax({ path: `${long}0`, size: String(base!.content!.length) }), { ...base!, name: 'short', size: 0 },
    gnuName(`${long}1`), { ...top!, name: 'short' }, config!, manifest
  ])
  const facts = await verify(file)
  t.same(facts.layers.map(({ entry }) => entry), [`${long}0`, `${long}1`])
})

t.test('white space around documents does not matter', async t => {
  for (const write of [podmanArchive, ociArchive, hybridArchive]) {
    const config = Buffer.from(`\r\n\t ${image.config.toString()}\n`)
    const spaced = write({ ...image, config }).map(spec => (
      /^(?:manifest|index)\.json$|^oci-layout$/.test(spec.name) ? { ...spec, content: `\n ${String(spec.content)} ` } : spec))
    t.equal((await verify(tar(spaced))).imageId, digest(config))
  }
})

t.test("the archive's root may be among its folders, as GNU tar and as Python write it", async t => {
  for (const name of ['./', '/', '.']) {
    t.equal((await verify(tar([{ name, type: '5' }, ...ociArchive(image)]))).imageId, digest(image.config), name)
  }
})

t.test('sizes in base 256 are read', async t => {
  const [base, ...rest] = podmanArchive(image)
  const size = Buffer.alloc(12)
  size[0] = 0x80
  size.writeUInt32BE(base!.content!.length, 8)
  t.equal((await verify(tar([{ ...base!, size }, ...rest]))).imageId, digest(image.config))
})

t.test('attestations and platforms that are not there do not count', async t => {
  const { blobs, manifest } = layoutBlobs(image)
  const statement = layoutBlobs(sampleImage({ architecture: 'unknown', os: 'unknown', layers: [] }), {
    manifest: document => ({ ...document, layers: [descriptor('{}', 'application/vnd.in-toto+json')] })
  })
  const unknown = {
    platform: { architecture: 'unknown', os: 'unknown' },
    annotations: {
      'vnd.docker.reference.type': 'attestation-manifest', 'vnd.docker.reference.digest': digest(manifest)
    }
  }
  const empty = JSON.stringify({
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    artifactType: 'application/vnd.docker.attestation.manifest.v1+json',
    config: descriptor('{}', 'application/vnd.oci.empty.v1+json', { data: 'e30=' }),
    layers: [],
    subject: descriptor(manifest, OCI_MANIFEST)
  })
  const index = JSON.stringify({
    schemaVersion: 2,
    manifests: [
      descriptor('absent', OCI_MANIFEST, { platform: { architecture: 's390x', os: 'linux' } }),
      descriptor('absent too', OCI_MANIFEST, { platform: { architecture: 'amd64', os: 'windows' } }),
      descriptor(manifest, OCI_MANIFEST, { platform: { architecture: 'amd64', os: 'linux' } }),
      descriptor(statement.manifest, OCI_MANIFEST, unknown),
      descriptor(empty, OCI_MANIFEST, unknown),
      descriptor('absent as well', OCI_MANIFEST, unknown)
    ]
  })
  const facts = await verify(tar(layout(
    [...blobs, ...statement.blobs, ...['{}', empty, index].map(blob)],
    [descriptor(index, OCI_INDEX, { annotations: { 'io.containerd.image.name': NAME } })])), { name: NAME })
  t.same(facts.digests, [
    { digest: digest(image.config), kind: 'config' },
    { digest: digest(manifest), kind: 'manifest' },
    { digest: digest(index), kind: 'index' }
  ])
  t.same(facts.manifests.map(({ text }) => text), [manifest, index], 'their exact text is kept')
})

t.test('bills of materials beside an image may be larger than what is kept of documents', async t => {
  const bill = (at: number): EntrySpec => blob(`{"at":${at},"files":"${'x'.repeat(3000)}"}`)
  for (const write of [podmanArchive, ociArchive, hybridArchive, newDockerArchive]) {
    const entries = [bill(1), bill(2), ...write(image), bill(3), bill(4)]
    t.equal((await verify(tar(entries), { limits: { maxMetadataBytes: 5000 } })).imageId, digest(image.config))
  }
})

t.test('an image under two names is one image', async t => {
  const { blobs, manifest } = layoutBlobs(image)
  const entries = ['sample:1', 'sample:2'].map(name => descriptor(manifest, OCI_MANIFEST,
    { annotations: { 'io.containerd.image.name': name } }))
  t.same((await verify(tar(layout(blobs, entries)))).repoTags, ['sample:1', 'sample:2'])
})

t.test('the manifest that containerd makes of a docker archive is foretold', async t => {
  const layer = tar([])
  const facts = await verify(tar(podmanArchive(sampleImage({ layers: [layer] }))))
  const config = Buffer.from(facts.config)
  const expected = '{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json",' +
    `"config":{"mediaType":"application/vnd.docker.container.image.v1+json","digest":"${digest(config)}",` +
    `"size":${config.length}},"layers":[{"mediaType":"application/vnd.docker.image.rootfs.diff.tar",` +
    `"digest":"${digest(layer)}","size":1024}]}`
  t.same(facts.digests.at(-1), { digest: digest(expected), kind: 'predicted' })
})

t.test('what few programs can load is accepted with a warning', async t => {
  t.match((await verify(zstd(tar(podmanArchive(image))))).warnings, [{ code: 'LOADABLE_BY_FEW', message: /zstd/ }])
  t.match((await verify(tar(ociArchive(image)))).warnings, [{ code: 'LOADABLE_BY_FEW', message: /OCI/ }])
  const zstdLayers = tar(hybridArchive(image, { compress: zstd }))
  t.match((await verify(zstdLayers)).warnings, [{ code: 'LOADABLE_BY_FEW', message: /zstd/ }])
  const skipping = Buffer.concat([Buffer.from('502a4d180400000001020304', 'hex'), zstd(tar(podmanArchive(image)))])
  t.match((await verify(skipping)).warnings, [{ code: 'LOADABLE_BY_FEW', message: /podman .* frame to skip/ }])
  t.match((await verify(tar(ociArchive(image, { name: 'V1+2' })))).warnings,
    [{ code: 'LOADABLE_BY_FEW', message: /podman cannot load what is named "V1\+2"/ }])
  const { blobs, manifest } = layoutBlobs(image)
  const named = ['a:1', 'h.io:5000/b', `h.io/b@${digest('x')}`, 'c'].map(name => (
    descriptor(manifest, OCI_MANIFEST, { annotations: { 'org.opencontainers.image.ref.name': name } })))
  t.match((await verify(tar(layout(blobs, named)))).warnings,
    [{ message: /skopeo load none with 4 entries in index\.json, unless told which$/ }])
  for (const [platform, unfound] of [
    [{ architecture: 'amd64', os: 'linux' }, undefined],
    [{ architecture: 'x86_64', os: 'linux' }, 'linux/x86_64'],
    [{ architecture: 'amd64', os: 'linux', variant: 'v2' }, 'linux/amd64/v2']
  ] as const) {
    const index = JSON.stringify({ schemaVersion: 2, manifests: [descriptor(manifest, OCI_MANIFEST, { platform })] })
    const { warnings: [warning] } = await verify(tar(layout([...blobs, blob(index)], [descriptor(index, OCI_INDEX)])))
    t.match(warning?.message, unfound ?? /29$/)
  }
  for (const [spelling, known] of [['x64', false], ['arm64v8', false], ['x86_64', true], ['AArch64', true]] as const) {
    const { warnings } = await verify(tar(podmanArchive(sampleImage({ architecture: spelling, binaries: [] }))))
    t.match(warnings, known ? [] : [{ code: 'LOADABLE_BY_FEW', message: `containerd does not know "${spelling}" for a` }])
    t.equal(warnings.length, known ? 0 : 1)
  }
  t.same((await verify(tar(podmanArchive(image)))).warnings, [])
})
