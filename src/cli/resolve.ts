import { machine } from 'node:os'
import type { Command } from 'commander'
import type { Architecture } from '../domain/architecture.js'
import { readableSize } from '../domain/readable-size.js'
import { architectureList, architectureOf } from './named-values.js'
import { printFields, printJson } from './output.js'
import { serviceCommand, withService, type ServiceOptions } from './service-command.js'

interface Options extends ServiceOptions {
  readonly arch?: Architecture
  readonly fallback?: readonly Architecture[]
}

export function resolveCommand (): Command {
  return serviceCommand('resolve', 'Tells which image a machine loads; never one of another architecture.', {
    examples: ['leporello resolve container-foo:1.0', 'leporello resolve container-foo:1.0 --arch arm64 --json | jq -r .url']
  })
    .argument('<id>', 'name of the container, with its tag')
    .option('--arch <architecture>', 'of the machine; otherwise this one\'s', architectureOf)
    .option('--fallback <architectures>', 'others that will do when there is none for it', architectureList)
    .action(run)
}

async function run (id: string, options: Options): Promise<void> {
  const { json, arch = machine(), fallback = [] } = options
  await withService(options, async client => {
    const image = await client.resolve(id, arch, fallback.length === 0 ? {} : { fallback })
    if (json) return printJson(image)
    printFields([
      ['id', image.id],
      ['version', image.version],
      ['architecture', image.architecture],
      ['url', image.url],
      ['download', image.download],
      ['image', image.image_id],
      ['sha256', image.sha256],
      ['size', image.size === null ? null : readableSize(image.size)]
    ])
  })
}
