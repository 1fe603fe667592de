import { createReadStream } from 'node:fs'
import { Command } from 'commander'
import type { Architecture } from '../domain/architecture.js'
import type { ImageFacts } from '../image/image-facts.js'
import { explained } from './failure.js'
import { architectureOf } from './named-values.js'
import { printFields, printJson } from './output.js'

interface Options {
  readonly architecture?: Architecture
  readonly digest?: string
  readonly name?: string
  readonly lenient: boolean
  readonly json: boolean
}

export function verifyCommand (): Command {
  return new Command('verify')
    .description('Proves what an image tarball holds, in one pass and without loading it.')
    .argument('[file]', 'tarball as docker, podman, skopeo or crane save it, plain, gzip or zstd; - is standard input', '-')
    .option('--architecture <name>', 'refuse an image for another one; any usual spelling', architectureOf)
    .option('--digest <digest>', 'refuse an image that no engine knows by this digest')
    .option('--name <name:tag>', 'refuse an image that does not carry this name')
    .option('--lenient', 'only warn of a wrong name or of binaries for another architecture', false)
    .option('--json', 'print all facts as one JSON document', false)
    .addHelpText('after', `
Exit status: 0 it is what it says; 1 it cannot be read; 2 usage; 3 it is refused.

Examples:
  leporello verify hello.tar.gz --architecture aarch64 --name container-hello:1.0
  docker save container-hello:1.0 | leporello verify --json`)
    .action(run)
}

async function run (file: string, { architecture, digest, name, lenient, json }: Options): Promise<void> {
  await explained(async () => {
    // Loaded only now, so that --help is quick.
    const { verifyImage } = await import('../image/verify-image.js')
    const facts = await verifyImage(file === '-' ? process.stdin : createReadStream(file), {
      architecture, digest, name, lenient
    })
    if (json) printJson(facts)
    else print(facts)
    for (const { message } of facts.warnings) process.stderr.write(`leporello: warning: ${message}\n`)
  }, { json })
}

function print ({ architecture, imageId, repoTags, format, compression, layers, sha256, size }: ImageFacts): void {
  printFields([
    ['architecture', architecture],
    ['image id', imageId],
    ['names', repoTags.join(', ') || 'none'],
    ['format', `${format}, compression: ${compression}`],
    ['layers', String(layers.length)],
    ['sha256', sha256],
    ['size', `${size} bytes`]
  ])
}
