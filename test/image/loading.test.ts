import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { startContainerd, startDocker } from './support/daemons.js'
import { lackingDaemons } from './support/programs.js'
import {
  baseLayer, craneArchive, digest, NAME, oldDockerArchive, otherArchive, podmanArchive, sampleImage
} from './support/sample-image.js'
import {
  blob, descriptor, hybridArchive, layout, layoutBlobs, newDockerArchive, OCI_INDEX, OCI_MANIFEST
} from './support/sample-layout.js'
import { tar } from './support/tar-writer.js'
import { refusal, verify } from './support/verify.js'

const base = baseLayer(['amd64'])
const image = sampleImage({ layers: [base, tar([]), base], config: { history: [] } })
const other = sampleImage({ architecture: 'arm64' })
const REFERENCE = `docker.io/library/${NAME}`

t.setTimeout(180_000)

const noDocker = await lackingDaemons(['docker', 'dockerd'])
t.test('docker loads what is accepted under the id that is foretold', { skip: noDocker }, async t => {
  const docker = await startDocker(t)
  const file = await temporaryFile(t)
  for (const write of [podmanArchive, oldDockerArchive, otherArchive, hybridArchive, newDockerArchive]) {
    const archive = tar(write(image))
    await writeFile(file, archive)
    await docker('load', '-i', file)
    const id = await docker('image', 'inspect', '-f', '{{.Id}}', NAME)
    t.equal((await verify(archive, { name: NAME, digest: id })).imageId, id, write.name)
    await docker('save', '-o', file, NAME)
    const saved = await readFile(file)
    t.equal((await verify(saved, { name: NAME })).imageId, id, 'and what it saves is that image')
    await docker('rmi', NAME)
  }
})

const noContainerd = await lackingDaemons(['containerd', 'ctr'])
t.test('containerd imports what is accepted under the digest that is foretold', { skip: noContainerd }, async t => {
  const ctr = await startContainerd(t)
  const file = await temporaryFile(t)
  for (const write of [podmanArchive, oldDockerArchive, craneArchive, otherArchive, hybridArchive, newDockerArchive]) {
    const archive = tar(write(image))
    await writeFile(file, archive)
    await ctr('images', 'import', file)
    const [target = ''] = /sha256:[0-9a-f]{64}/.exec(await ctr('images', 'ls', `name==${REFERENCE}`)) ?? []
    t.equal((await verify(archive, { name: NAME, digest: target })).imageId, digest(image.config), write.name)
    await ctr('images', 'export', file, REFERENCE)
    const saved = await verify(await readFile(file), { name: NAME, digest: target })
    t.match(saved, { format: 'docker-and-oci-archive', imageId: digest(image.config) }, 'and so is what it exports')
    // Until they are collected containerd uses layers it has in another compression for the next image of the same ones.
    await ctr('images', 'rm', '--sync', REFERENCE)
  }
})

t.test('what containerd exports for one platform or for all', { skip: noContainerd }, async t => {
  const ctr = await startContainerd(t)
  const file = await temporaryFile(t)
  await writeFile(file, tar(bothPlatforms()))
  await ctr('images', 'import', '--all-platforms', '--no-unpack', file)
  for (const [platform, { config }] of [['linux/amd64', image], ['linux/arm64', other]] as const) {
    await ctr('images', 'export', '--platform', platform, file, REFERENCE)
    t.equal((await verify(await readFile(file), { name: NAME })).imageId, digest(config), platform)
  }
  await ctr('images', 'export', '--all-platforms', file, REFERENCE)
  t.match(await refusal(await readFile(file)), { code: 'IMAGE_AMBIGUOUS', message: /2 complete images/ })
})

function bothPlatforms () {
  const images = [image, other].map(each => layoutBlobs(each))
  const index = JSON.stringify({
    schemaVersion: 2,
    mediaType: OCI_INDEX,
    manifests: ['amd64', 'arm64'].map((architecture, at) => (
      descriptor(images[at]!.manifest, OCI_MANIFEST, { platform: { architecture, os: 'linux' } })))
  })
  const blobs = new Map([...images.flatMap(({ blobs }) => blobs), blob(index)].map(spec => [spec.name, spec]))
  const named = { annotations: { 'io.containerd.image.name': REFERENCE } }
  return layout([...blobs.values()], [descriptor(index, OCI_INDEX, named)])
}

async function temporaryFile (t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'image-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return join(folder, 'image.tar')
}
