import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { buildContext, lacking, podman, run } from '../image/support/programs.js'
import { digest } from '../image/support/sample-image.js'
import { startService } from '../service.js'
import { containersOf } from './documents.js'
import { tarballOf } from './tarballs.js'

const NAME = 'container-hello:1.0'
const ARCHITECTURES = ['amd64', 'arm64'] as const

interface Answer {
  readonly success: boolean
  readonly message: string
  readonly result: {
    readonly code?: string
    readonly digest: string
    readonly urls: string
    readonly images: ReadonlyArray<{ readonly architecture: string, readonly image_id: string, readonly sha256: string, readonly size: number }>
  }
}

// Go compiles its runtime once for each architecture.
t.setTimeout(300_000)

const skip = await lacking(['skopeo', 'curl', 'gzip'])
if (skip !== false) t.comment(`uploads as the README shows them are skipped, ${skip}`)

const withoutPodman = await lacking(['go', 'podman']) || await podmanFailure()
if (withoutPodman !== false) t.comment(`images are made by the test and read by skopeo alone, podman is ${withoutPodman}`)

t.test('two images built here are uploaded by one curl, downloaded, and loaded as what the service says they are', { skip }, async t => {
  const { url, folder, files } = await started(t)
  const answer = await curl('-F', `name=${NAME}`, '-F', 'version=1.0', '-F', `x86_64=@${files.amd64}`, '-F', `arm64=@${files.arm64}`,
    `${url}/container/upload`)
  t.match(answer, { success: true, message: `${NAME} added to index containers` })
  t.same(answer.result, (await curl(`${url}/container/info?id=${NAME}`)).result, 'the answer has the whole document')
  const urls = JSON.parse(answer.result.urls) as Record<string, string>
  for (const architecture of ARCHITECTURES) {
    const image = answer.result.images.find(each => each.architecture === architecture)!
    const download = join(folder, `${architecture}.download`)
    await curlTo(download, urls[architecture]!)
    t.equal(hash(await readFile(download)), image.sha256)
    t.equal((await stat(download)).size, image.size)
    // Debian's podman and skopeo do not read a docker-archive that is compressed.
    await run('sh', ['-c', `gzip -dcf ${download} > ${download}.tar`])
    if (withoutPodman === false) {
      t.equal(await loadedId(join(folder, `loaded-${architecture}`), `${download}.tar`), image.image_id, `podman's id for ${architecture}`)
    }
    const config = await run('skopeo', ['inspect', '--config', '--raw', `docker-archive:${download}.tar`])
    t.equal(digest(config), image.image_id, `skopeo's id for ${architecture}`)
  }
  t.equal(answer.result.digest, answer.result.images.find(({ architecture }) => architecture === 'amd64')?.image_id)
  const resumed = join(folder, 'resumed')
  await curlTo(resumed, urls['amd64']!, '-r', '0-999')
  await curlTo(resumed, urls['amd64']!, '-C', '-')
  t.equal(hash(await readFile(resumed)), hash(await readFile(files.amd64)), 'a download that broke off goes on')
})

t.test('a pipe needs no file', { skip }, async t => {
  const { url, files } = await started(t)
  const address = `${url}/container/upload?name=${NAME}&version=1.0`
  const answer = await run('sh', ['-c', `gzip -dc ${files.amd64} | gzip -1 | curl -sS -T - '${address}'`])
  t.match(JSON.parse(String(answer)), { success: true, result: { id: NAME, images: [{ architecture: 'amd64' }] } })
})

t.test('the wrong image under the wrong name is refused with what is wrong and what to do', { skip }, async t => {
  const { url, files } = await started(t)
  const cases: ReadonlyArray<[what: string, args: string[], code: string, message: RegExp]> = [
    ['swapped', ['-F', `name=${NAME}`, '-F', 'version=1.0', '-F', `x86_64=@${files.arm64}`], 'IMAGE_ARCHITECTURE_MISMATCH',
      /sent for amd64, but its config says arm64/],
    ['another container', ['-F', 'name=container-other:1.0', '-F', 'version=1.0', '-F', `x86_64=@${files.amd64}`], 'IMAGE_NAME_MISMATCH',
      /must carry the repo tag "container-other:1\.0".*docker tag \S+ container-other:1\.0$/],
    ['one good and one wrong', ['-F', `name=${NAME}`, '-F', 'version=1.0', '-F', `x86_64=@${files.amd64}`, '-F', `arm64=@${files.amd64}`],
      'IMAGE_ARCHITECTURE_MISMATCH', /sent for arm64, but its config says amd64/],
    ['no version', ['-F', `name=${NAME}`, '-F', `x86_64=@${files.amd64}`], 'PARAMETER_MISSING', /version must be supplied, before the first file/],
    ['the version too late', ['-F', `name=${NAME}`, '-F', `x86_64=@${files.amd64}`, '-F', 'version=1.0'], 'PARAMETER_MISSING', /before the first file/]
  ]
  for (const [what, args, code, message] of cases) {
    const answer = await curl(...args, `${url}/container/upload`)
    t.match(answer, { success: false, result: { code }, message }, what)
  }
  t.same(await containersOf(url), [])
})

/** A service, and an image for each architecture as podman saves it, where it runs: one compressed, one not. */
async function started (t: Test) {
  // podman accepts only short paths.
  const folder = await mkdtemp(join(tmpdir(), 'walk-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const { url } = await startService(t, { LEPORELLO_DATA_DIR: join(folder, 'data') })
  const files = { amd64: join(folder, 'amd64.tar.gz'), arm64: join(folder, 'arm64.tar') }
  for (const architecture of ARCHITECTURES) {
    const saved = join(folder, `${architecture}.tar`)
    if (withoutPodman === false) await build(folder, architecture, saved)
    else await writeFile(saved, tarballOf(NAME, { architecture }))
  }
  await run('gzip', [join(folder, 'amd64.tar')])
  return { url: `${url}/api/v0.1`, folder, files }
}

async function curl (...args: string[]): Promise<Answer> {
  return JSON.parse(String(await run('curl', ['-sS', ...args]))) as Answer
}

async function curlTo (file: string, ...args: string[]): Promise<void> {
  await run('curl', ['-sS', '--fail', '-o', file, ...args])
}

async function build (folder: string, architecture: string, saved: string): Promise<void> {
  const context = await buildContext(folder, architecture)
  await podman(folder, ['build', '-q', '--platform', `linux/${architecture}`, '-t', NAME, context])
  await podman(folder, ['save', '-q', '-o', saved, NAME])
}

/** Loads the one image of a storage of its own, and gives its id. */
async function loadedId (storage: string, tarball: string): Promise<string> {
  await podman(storage, ['load', '-q', '-i', tarball])
  const id = String(await podman(storage, ['inspect', '--format', '{{.Id}}', NAME])).trim()
  return `sha256:${id}`
}

/** Why podman cannot be used on this machine, if it cannot. */
async function podmanFailure (): Promise<string | false> {
  const folder = await mkdtemp(join(tmpdir(), 'walk-'))
  const sample = join(folder, 'sample.tar')
  await writeFile(sample, tarballOf(NAME))
  const failure = await podman(folder, ['load', '-q', '-i', sample]).then(() => false as const, String)
  await rm(folder, { recursive: true })
  return failure
}

function hash (bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
