import { createReadStream } from 'node:fs'
import { Command } from 'commander'
import { parseArchitecture } from '../domain/architecture.js'
import type { ImageFacts } from '../image/image-facts.js'
import { explained } from './failure.js'

interface Options {
  readonly architecture?: string
  readonly digest?: string
  readonly name?: string
  readonly lenient: boolean
  readonly json: boolean
}

export function verifyCommand (): Command {
  return new Command('verify')
    .description('Proves what an image tarball holds, in one pass and without loading it.')
    .argument('[file]', 'tarball as docker, podman, skopeo or crane save it, plain, gzip or zstd; - is standard input', '-')
    .option('--architecture <name>', 'refuse an image for another one; any usual spelling')
    .option('--digest <digest>', 'refuse an image that no engine knows by this digest')
    .option('--name <name:tag>', 'refuse an image that does not carry this name')
    .option('--lenient', 'only warn of a wrong name or of binaries for another architecture', false)
    .option('--json', 'print all facts as one JSON document', false)
    .addHelpText('after', `
Exit status: 0 it is what it says, 1 it is refused (the reason is on standard error), 2 usage.

Examples:
  leporello verify container-hello.tar.gz --architecture aarch64 --name container-hello:1.0
  docker save container-hello:1.0 | leporello verify --json`)
    .action(run)
}

async function run (file: string, { architecture, digest, name, lenient, json }: Options): Promise<void> {
  await explained(async () => {
    // Loaded only now, so that --help is quick.
    const { verifyImage } = await import('../image/verify-image.js')
    const facts = await verifyImage(file === '-' ? process.stdin : createReadStream(file), {
      architecture: architecture === undefined ? undefined : parseArchitecture(architecture), digest, name, lenient
    })
    process.stdout.write(json ? `${JSON.stringify(facts, null, 2)}\n` : describe(facts))
    for (const { message } of facts.warnings) process.stderr.write(`leporello: warning: ${message}\n`)
  })
}

function describe ({ architecture, imageId, repoTags, format, compression, layers, sha256, size }: ImageFacts): string {
  const rows = [
    ['architecture', architecture],
    ['image id', imageId],
    ['names', repoTags.join(', ') || 'none'],
    ['format', `${format}, compression: ${compression}`],
    ['layers', String(layers.length)],
    ['sha256', sha256],
    ['size', `${size} bytes`]
  ]
  return rows.map(([name = '', value]) => `${name.padEnd(14)}${value}\n`).join('')
}
