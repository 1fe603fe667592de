import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { ImageFacts } from '../../../src/image/image-facts.js'
import { run } from './programs.js'

const execute = promisify(execFile)

interface Manifest {
  readonly config: { readonly digest: string }
  readonly layers: readonly { readonly digest: string }[]
}

/**
 * How what skopeo reads of a file differs from what the verifier says of it; undefined when it does not. Layers are
 * copied, so their digests are those of the bytes that skopeo sees.
 */
export async function differenceToSkopeo (file: Buffer, facts: ImageFacts): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'skopeo-'))
  try {
    const archive = await decompressed(folder, file, facts)
    const transports = facts.format === 'docker-and-oci-archive' ? ['docker-archive', 'oci-archive'] : [facts.format]
    for (const transport of transports) {
      const difference = await differenceOf(`${transport}:${archive}`, join(folder, transport), facts)
      if (difference !== undefined) return `${transport}: ${difference}`
    }
    return undefined
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function differenceOf (source: string, target: string, facts: ImageFacts): Promise<string | undefined> {
  const [architecture = '', variant] = facts.architecture.split('/')
  try {
    await execute('skopeo', ['copy', '-q', '--insecure-policy', '--override-os', 'linux', '--override-arch',
      architecture, ...variant === undefined ? [] : ['--override-variant', variant], source, `dir:${target}`])
  } catch (error) {
    const { stderr } = error as { stderr: string }
    // It asks which, where one image has two names.
    return stderr.includes('more than one image') ? undefined : `skopeo does not read it: ${stderr}`
  }
  const { config, layers } = JSON.parse(await readFile(join(target, 'manifest.json'), 'utf8')) as Manifest
  const same = config.digest === facts.imageId && layers.length === facts.layers.length && layers.every(
    ({ digest }, index) => [facts.layers[index]!.digest, facts.layers[index]!.diffId].includes(digest))
  return same ? undefined : `skopeo reads ${config.digest} with ${layers.map(({ digest }) => digest).join(', ')}`
}

// By other programs than the verifier's own: Debian's skopeo reads no docker archive in gzip.
async function decompressed (folder: string, file: Buffer, { compression }: ImageFacts): Promise<string> {
  const [packed, plain] = [join(folder, 'packed'), join(folder, 'plain.tar')]
  await writeFile(compression === 'none' ? plain : packed, file)
  if (compression !== 'none') await run('sh', ['-c', `${compression} -dc < '${packed}' > '${plain}'`])
  return plain
}
