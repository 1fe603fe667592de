import { spawn } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { parseArchitecture } from '../../src/domain/architecture.js'
import type { ImageFacts } from '../../src/image/image-facts.js'
import type { ImageRequest } from '../../src/image/image-request.js'
import { verifyImage } from '../../src/image/verify-image.js'
import { buildContext, craneSave, lacking, podman, run } from './support/programs.js'
import { digest } from './support/sample-image.js'

const NAME = 'container-real:1.0'
const ARCHITECTURES = ['amd64', 'arm64', 'ppc64le', 's390x']

// Go compiles its runtime once for each architecture.
t.setTimeout(300_000)

const skip = await lacking(['go', 'crane', 'skopeo', 'podman', 'tar', 'pigz', 'zstd', 'bzip2', 'xz'])
if (skip !== false) t.comment(`real producers are ${skip}`)

for (const architecture of ARCHITECTURES) {
  t.test(`what podman, skopeo and crane save for ${architecture} is the same image`, { skip }, async t => {
    const folder = await temporaryFolder(t)
    const files = await save(folder, architecture)
    const request = { architecture: parseArchitecture(architecture), name: NAME }
    const expected = await verifyFile(files['podman docker-archive']!, request)
    t.match(expected.binaries, [{ architecture, count: 1, example: 'bin/hello' }])
    t.match(expected.warnings, [{ code: 'NAME_LOCALHOST' }])

    for (const [producer, file] of Object.entries(files)) {
      const facts = await verifyFile(file, { ...request, lenient: producer === 'crane' })
      t.same([facts.imageId, diffIds(facts)], [expected.imageId, diffIds(expected)], producer)
    }
    const saved = `docker-archive:${files['skopeo docker-archive']}`
    const config = await run('skopeo', ['inspect', '--config', '--raw', saved])
    t.equal(digest(config), expected.imageId, 'and skopeo reads that image')
    const manifest = await run('skopeo', ['inspect', '--raw', `oci-archive:${files['skopeo oci-archive']}`])
    const { digests } = await verifyFile(files['skopeo oci-archive']!)
    t.ok(digests.some(each => each.kind === 'manifest' && each.digest === digest(manifest)), 'and that manifest')
  })
}

t.test('what is compressed on its way is the same image', { skip }, async t => {
  const folder = await temporaryFolder(t)
  const file = (await save(folder, 'amd64'))['podman docker-archive']!
  const { imageId } = await verifyFile(file)
  for (const command of ['gzip -1', 'pigz -p 2', 'zstd -q', 'zstd -q -T2 --long=27', 'zstd -q --no-check']) {
    const facts = await verifyPacked(command, file)
    t.match(facts, { compression: command.startsWith('zstd') ? 'zstd' : 'gzip', imageId }, command)
  }
  for (const command of ['bzip2', 'xz -0']) {
    await t.rejects(verifyPacked(command, file), { code: 'IMAGE_COMPRESSION_UNSUPPORTED' }, command)
  }
})

t.test('archives of several images are refused', { skip }, async t => {
  const folder = await temporaryFolder(t)
  const [several, list] = [join(folder, 'several.tar'), join(folder, 'list.tar')]
  for (const architecture of ['amd64', 'arm64']) {
    const context = await buildContext(folder, architecture)
    const build = ['build', '-q', '--platform', `linux/${architecture}`, context]
    await podman(folder, [...build, '-t', `real-${architecture}:1`])
    await podman(folder, [...build, '--manifest', 'localhost/real-list'])
  }
  await podman(folder, ['save', '-q', '-m', '-o', several, 'real-amd64:1', 'real-arm64:1'])
  await t.rejects(verifyFile(several), { code: 'IMAGE_AMBIGUOUS', message: /names 2 images/ })
  await podman(folder, ['manifest', 'push', '-q', '--all', 'localhost/real-list', `oci-archive:${list}`])
  await t.rejects(verifyFile(list), { code: 'IMAGE_AMBIGUOUS', message: /2 complete images/ })
})

t.test('a build for arm64 that copied programs for amd64 is refused', { skip }, async t => {
  const folder = await temporaryFolder(t)
  const file = join(folder, 'lie.tar')
  await podman(folder, ['build', '-q', '--platform', 'linux/arm64', '-t', NAME, await buildContext(folder, 'amd64')])
  await podman(folder, ['save', '-q', '-o', file, NAME])
  await t.rejects(verifyFile(file), { code: 'IMAGE_BINARIES_MISMATCH', message: /bin\/hello/ })
})

// podman accepts only short paths.
async function temporaryFolder (t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'image-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return folder
}

async function save (folder: string, architecture: string): Promise<Record<string, string>> {
  const at = (name: string): string => join(folder, `${name}.tar`)
  const platform = `linux/${architecture}`
  await podman(folder, ['build', '-q', '--platform', platform, '-t', NAME, await buildContext(folder, architecture)])
  await podman(folder, ['save', '-q', '-o', at('podman'), NAME])
  await podman(folder, ['save', '-q', '--format', 'oci-archive', '-o', at('podman-oci'), NAME])
  const source = `docker-archive:${at('podman')}`
  await run('skopeo', ['copy', '-q', source, `docker-archive:${at('skopeo')}:${NAME}`])
  await run('skopeo', ['copy', '-q', source, `oci-archive:${at('skopeo-oci')}:${NAME}`])
  await run('skopeo', ['copy', '-q', '--dest-compress-format', 'zstd', source, `oci:${join(folder, 'zstd')}:${NAME}`])
  await run('tar', ['-C', join(folder, 'zstd'), '-cf', at('zstd'), '.'])
  await craneSave(source, at('crane'), NAME)
  return {
    'podman docker-archive': at('podman'),
    'podman oci-archive': at('podman-oci'),
    'skopeo docker-archive': at('skopeo'),
    'skopeo oci-archive': at('skopeo-oci'),
    'skopeo OCI layout with zstd layers': at('zstd'),
    crane: at('crane')
  }
}

async function verifyFile (file: string, request: ImageRequest = {}): Promise<ImageFacts> {
  return await verifyImage(createReadStream(file), request)
}

async function verifyPacked (command: string, file: string): Promise<ImageFacts> {
  const packer = spawn('sh', ['-c', `exec ${command} -c < '${file}'`], { stdio: ['ignore', 'pipe', 'ignore'] })
  return await verifyImage(packer.stdout)
}

function diffIds ({ layers }: ImageFacts): string[] {
  return layers.map(({ diffId }) => diffId)
}
