import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { answered } from './confirmation.js'
import { UsageError } from './exit-code.js'

/** The password: typed twice without being shown on a terminal, or else the first line of standard input. */
export async function askForPassword (): Promise<string> {
  if (!process.stdin.isTTY) return (await text(process.stdin)).split(/\r?\n/, 1)[0]!
  const first = await typed('Password: ')
  if (await typed('Again: ') !== first) throw new UsageError('the two passwords differ: nothing was changed')
  return first
}

async function typed (prompt: string): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => { done() } })
  const terminal = createInterface({ input: process.stdin, output: nowhere, terminal: true })
  process.stderr.write(prompt)
  try {
    return await answered(terminal.question(''))
  } finally {
    terminal.close()
    process.stderr.write('\n')
  }
}
