import { createWriteStream, rmSync } from 'node:fs'
import { realpath, rename, rm, stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { Command } from 'commander'
import { exportDocuments, printLine } from '../catalogue/transfer.js'
import { DOCUMENT_KINDS, type DocumentKind } from '../ports/document-index.js'
import { printJson } from './output.js'
import { Progress } from './progress.js'
import { undoneWhenStopped } from './stop.js'
import { withIndex } from './with-index.js'

export function exportCommand (): Command {
  return new Command('export')
    .description('Writes the whole catalogue as lines of JSON, one document each.')
    .argument('[file]', 'file to write; - is standard output', '-')
    .option('--kind <kind...>', `only these kinds (${DOCUMENT_KINDS.join(', ')})`, [...DOCUMENT_KINDS])
    .option('--json', 'tell of the written file as one JSON document', false)
    .addHelpText('after', `
Reads the catalogue that the environment names (see leporello serve --help), while the service runs or not.
A last line tells how many documents there are, so that a file that was cut off is not taken for a whole one.

Exit status: 0 written; 1 failed; 2 usage.

Examples:
  leporello export catalogue.ndjson
  leporello export | gzip > catalogue.ndjson.gz`)
    .action(run)
}

interface Options {
  readonly kind: DocumentKind[]
  readonly json: boolean
}

async function run (file: string, { kind, json }: Options, command: Command): Promise<void> {
  const unknown = kind.find(name => !DOCUMENT_KINDS.includes(name))
  if (unknown !== undefined) command.error(`error: there is no kind ${unknown}; there are ${DOCUMENT_KINDS.join(', ')}`, { exitCode: 2 })
  if (json && file === '-') command.error('error: --json goes with a file: standard output has the documents', { exitCode: 2 })
  await withIndex(async (index, timeoutMs) => {
    const progress = new Progress('exported')
    const lines = async function * () {
      for await (const document of exportDocuments(index, timeoutMs, kind)) {
        progress.count('documents')
        yield `${printLine(document)}\n`
      }
      yield `{"documents":${progress.total}}\n`
    }
    if (file === '-') await pipeline(lines, process.stdout)
    else await writeWhole(file, lines)
    progress.end()
    if (json) printJson({ file, documents: progress.total })
  }, { json })
}

/** Beside the file first, so that an export that fails or is stopped leaves the one before it. A device or a pipe is only written to. */
async function writeWhole (file: string, lines: () => AsyncIterable<string>): Promise<void> {
  const there = await stat(file).catch(() => undefined)
  if (there !== undefined && !there.isFile()) return await pipeline(lines, createWriteStream(file))
  const target = there === undefined ? file : await realpath(file)
  const draft = `${target}.${process.pid}.part`
  await undoneWhenStopped(() => { rmSync(draft, { force: true }) }, async () => {
    try {
      await pipeline(lines, createWriteStream(draft))
      await rename(draft, target)
    } catch (error) {
      await rm(draft, { force: true })
      throw error
    }
  })
}
