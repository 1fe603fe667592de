import { createInterface } from 'node:readline/promises'
import { UsageError } from './exit-code.js'

/** What is typed in answer; whoever leaves with Ctrl-C or Ctrl-D wants nothing. */
export async function answered (question: Promise<string>): Promise<string> {
  return await question.catch(error => {
    if ((error as NodeJS.ErrnoException).code !== 'ABORT_ERR') throw error
    process.stderr.write('\n')
    throw new UsageError('nothing was changed')
  })
}

/** Asks before something is removed, unless `yes` was given. Rejects when it is not to be, or nobody can be asked. */
export async function confirmed (what: string, { yes }: { readonly yes: boolean }): Promise<void> {
  if (yes) return
  if (!process.stdin.isTTY || !process.stderr.isTTY) throw new UsageError(`to ${what}, give --yes: there is no terminal to ask at`)
  const asking = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await answered(asking.question(`${what.charAt(0).toUpperCase()}${what.slice(1)}? [y/N] `))
    if (!/^y(es)?$/i.test(answer.trim())) throw new UsageError('nothing was changed')
  } finally {
    asking.close()
  }
}
