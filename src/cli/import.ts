import { createReadStream } from 'node:fs'
import { userInfo } from 'node:os'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { Command } from 'commander'
import { History, type HistoryTrouble } from '../catalogue/history.js'
import { Pardons } from '../catalogue/pardons.js'
import { SweepFlags } from '../catalogue/sweep-flags.js'
import { importDocument, isCatalogueId, parseLine, type ImportOptions } from '../catalogue/transfer.js'
import { Deadline } from '../deadline.js'
import { LeporelloError } from '../errors.js'
import type { DocumentIndex } from '../ports/document-index.js'
import { EXIT } from './exit-code.js'
import { Outage } from './outage.js'
import { printJson } from './output.js'
import { Progress } from './progress.js'
import { withIndex } from './with-index.js'

/** So many travel together to an engine, or share a sync of the embedded catalogue. */
const IN_FLIGHT = 256

const MOST_UNTOLD = 2000

const TROUBLES: Record<HistoryTrouble, string> = {
  late: 'the history cannot be written; it is tried again',
  dropped: 'not all of this will be in the history, which cannot be written'
}

interface Means {
  readonly index: DocumentIndex
  readonly pardons: Pardons
  readonly history: History
  readonly progress: Progress
  readonly outage: Outage
  readonly options: ImportOptions
}

/** As long as an engine that collects garbage, or a node that is started anew, may need. */
const PATIENCE_MS = 60_000

const LAST_LINE = /^{"documents":(\d+)}$/

export function importCommand (): Command {
  return new Command('import')
    .description('Reads lines of JSON that leporello export wrote into the catalogue.')
    .argument('[file]', 'file to read; - is standard input', '-')
    .option('--replace', 'replace documents that are there and differ; otherwise they are kept, and listed', false)
    .option('--json', 'print the counts as one JSON document', false)
    .addHelpText('after', `
Writes to the catalogue that the environment names (see leporello serve --help), while the service runs or not.
An index that stops serving is given a minute to recover. An import that broke off is repeated
whole: what is there already is recognised.
A catalogue that has never stored a tarball takes over the id of the other one, and so its tarballs; another keeps its own.
Exit status: 0 all is there now; 1 some documents differ and were kept, or were refused, or something failed; 2 usage.

Examples:
  leporello import catalogue.ndjson
  leporello export | LEPORELLO_INDEX_URL=http://127.0.0.1:9200 leporello import`)
    .action(run)
}

async function run (file: string, { replace, json }: { replace: boolean, json: boolean }): Promise<void> {
  await withIndex(async (index, timeoutMs) => {
    const pardons = await Pardons.read(new SweepFlags({ index, requestTimeoutMs: timeoutMs }))
    const progress = new Progress('imported')
    const input = file === '-' ? process.stdin : createReadStream(file)
    // An error of the file reaches nobody through readline.
    const failed = new Promise<never>((_resolve, reject) => { input.once('error', reject) })
    const lines = createInterface({ input, crlfDelay: Infinity })
    const history = new History({ log: index.changes, requestTimeoutMs: timeoutMs, onTrouble: trouble => { progress.say(TROUBLES[trouble]) } })
    const told = { author: { name: userName() }, recorder: history }
    const outage = new Outage({ patienceMs: PATIENCE_MS, onTrouble: ({ message }) => { progress.say(`${message}; trying again`) } })
    const means: Means = { index, pardons, history, progress, outage, options: { replace, timeoutMs, told } }
    const announced = await Promise.race([failed, importLines(lines, means)])
      .finally(() => history.close())
    progress.end()
    const counts = { documents: progress.total, ...progress.counts }
    if (announced !== progress.total) {
      throw new LeporelloError('DOCUMENT_REFUSED', announced === undefined
        ? 'the last line, which tells how many documents there are, is missing: was the file cut off?'
        : `the last line tells of ${announced} documents, and there were ${progress.total}`, { details: counts })
    }
    if (json) printJson(counts)
    if (progress.counted('kept') + progress.counted('refused') > 0) process.exitCode = EXIT.failed
  }, { json })
}

/** A user of a container need not be in its list of users. */
function userName (): string {
  try {
    return userInfo().username
  } catch {
    return `uid ${process.getuid?.()}`
  }
}

/** Resolves to the number of documents that the last line tells of, once all of them are stored. */
async function importLines (lines: AsyncIterable<string>, means: Means): Promise<number | undefined> {
  const { history, options } = means
  let [number, announced] = [0, undefined as number | undefined]
  await Readable.from(lines).forEach(async (line: string) => {
    const here = ++number
    const last = LAST_LINE.exec(line)
    if (last !== null) announced = Number(last[1])
    else if (line !== '') await importLine(line, here, means)
    // The history is not to lose what an import writes faster than it.
    if (history.length > MOST_UNTOLD) await history.settled(Deadline.in(options.timeoutMs))
  }, { concurrency: IN_FLIGHT })
  return announced
}

async function importLine (line: string, number: number, { index, pardons, progress, outage, options }: Means): Promise<void> {
  try {
    const document = parseLine(line)
    for (const key of await outage.outlast(() => pardons.pardonNamedIn(document.json))) {
      progress.say(`${document.kind} ${document.id} names ${key}, which a sweep is removing from the store`)
    }
    const outcome = await outage.outlast(() => importDocument(index, document, options))
    progress.count(outcome)
    if (outcome === 'kept') progress.say(`${document.kind} ${document.id} differs from the one that is there, which was kept`)
    if (outcome === 'skipped' && isCatalogueId(document.kind, document.id)) {
      progress.say('this catalogue has an id already and keeps it, since its tarballs carry it; tarballs of the other ' +
        'catalogue are not served or swept by this one')
    }
  } catch (error) {
    if (!(error instanceof LeporelloError)) throw error
    const message = `line ${number}: ${error.message}`
    if (error.code !== 'DOCUMENT_REFUSED') throw new LeporelloError(error.code, message, { cause: error })
    // The others may fit; this one will not by trying again.
    progress.say(message)
    progress.count('refused')
  }
}
