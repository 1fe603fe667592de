import { styleText } from 'node:util'
import Table from 'cli-table3'

/** Narrower than this a column says nothing. */
const NARROWEST = 8
const GAP = '  '

const NO_LINES = Object.fromEntries([
  'top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right',
  'left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid'
].map(line => [line, '']))

/** One document on standard output. */
export function printJson (document: unknown): void {
  process.stdout.write(`${JSON.stringify(document, null, 2)}\n`)
}

/** Text of others on one line, without what would move the cursor or colour what follows. */
export function printable (value: unknown): string {
  return String(value ?? '-').replace(/\p{Cc}/gu, character => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`)
}

/** A line for each name with what it is. */
export function printFields (fields: ReadonlyArray<readonly [name: string, value: string | null | undefined]>): void {
  const present = fields.filter(([, value]) => value)
  const width = Math.max(...present.map(([name]) => name.length)) + 2
  for (const [name, value] of present) process.stdout.write(`${emphasised(name.padEnd(width))}${printable(value)}\n`)
}

/** Rows under a head, in columns. On a terminal they are cut so that a row is a line; elsewhere nothing is cut. */
export function printTable (head: readonly string[], values: ReadonlyArray<readonly unknown[]>): void {
  const rows = values.map(row => row.map(printable))
  const widths = fitting([head, ...rows], terminalWidth())
  const table = new Table({
    head: head.map(emphasised),
    chars: { ...NO_LINES, middle: GAP },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    ...widths !== undefined && { colWidths: widths }
  })
  table.push(...rows)
  process.stdout.write(`${table.toString().replace(/(?<! ) +$/gm, '')}\n`)
}

/** The widths to which columns are cut; undefined when all fit as they are. */
function fitting (rows: ReadonlyArray<readonly string[]>, width: number): number[] | undefined {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map(row => row[column]!.length)))
  const available = width - GAP.length * (widths.length - 1)
  const total = () => widths.reduce((sum, each) => sum + each, 0)
  if (total() <= available) return undefined
  while (total() > available && Math.max(...widths) > NARROWEST) widths[widths.indexOf(Math.max(...widths))]!--
  return widths
}

function terminalWidth (): number {
  return process.stdout.columns || Number(process.env['COLUMNS']) || Infinity
}

function emphasised (text: string): string {
  return process.stdout.isTTY && process.stdout.hasColors() ? styleText('bold', text) : text
}
