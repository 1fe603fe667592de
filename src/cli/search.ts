import { InvalidArgumentError, type Command } from 'commander'
import type { ContainerDocument as Document } from '../client/index.js'
import type { Architecture } from '../domain/architecture.js'
import { ContainerDocument } from '../domain/container-document.js'
import { architectureOf } from './named-values.js'
import { printJson, printTable } from './output.js'
import { serviceCommand, withService, type ServiceOptions } from './service-command.js'

interface Options extends ServiceOptions {
  readonly arch?: Architecture
  readonly missing?: Architecture
  readonly version?: string
  readonly limit?: number
}

export function searchCommand (): Command {
  return serviceCommand('search', 'Finds containers by their names and by the machines that can run them.', {
    examples: ['leporello search hello', 'leporello search --missing arm64', 'leporello search --arch aarch64 --limit 20 --json']
  })
    .argument('[text]', 'part of the name, letter for letter')
    .option('--arch <architecture>', 'only containers that such a machine can run', architectureOf)
    .option('--missing <architecture>', 'only containers that it cannot run', architectureOf)
    .option('--version <text>', 'only of this version')
    .option('--limit <number>', 'so many at most', numberOf)
    .action(run)
}

async function run (q: string | undefined, options: Options): Promise<void> {
  const { json, arch, missing, version, limit = Infinity } = options
  await withService(options, async client => {
    const containers: Document[] = []
    for await (const document of client.searchAll({ q, arch, missing, version })) {
      containers.push(document)
      if (containers.length >= limit) break
    }
    if (json) printJson({ containers })
    else if (containers.length > 0) printTable(['ID', 'VERSION', 'ARCHITECTURES', 'UPDATED', 'BY'], containers.map(row))
  })
}

function row (document: Document): string[] {
  const { urls } = ContainerDocument.parse(JSON.stringify(document))
  const { id, version, updated_at: at, updated_by: by } = document
  // Whoever wrote a document behind the service may have left out anything.
  return [id, version ?? '-', urls.architectures.join(',') || '-', at ?? '-', by ?? '-']
}

function numberOf (text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It must be a whole number from 1.')
}
