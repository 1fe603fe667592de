/** A row of the table at the end. */
export interface Figure {
  readonly what: string
  readonly measured: number
  readonly unit: 'MB/s' | 'CPU s' | 'times' | 'MB' | 'ms'
  /** The most it may be, where something is asked. */
  readonly target?: number | undefined
}

const DIGITS = { 'MB/s': 0, 'CPU s': 1, times: 2, MB: 0, ms: 1 } as const

/** The table, a line for each figure. */
export function table (figures: readonly Figure[]): string {
  return figures.map(({ what, measured, unit, target }) => {
    const digits = DIGITS[unit]
    const said = `${what.padEnd(40)}${measured.toFixed(digits).padStart(8)} ${unit.padEnd(6)}`
    return target === undefined
      ? `${said}\n`
      : `${said}at most ${String(target).padStart(5)}  ${measured <= target ? 'met' : 'MISSED'}\n`
  }).join('')
}

/** What goes on, for who waits. */
export function progress (text: string): void {
  process.stderr.write(`${text}\n`)
}
