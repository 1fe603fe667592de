const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Does `work`; if a signal ends the process meanwhile, `undo` comes first. The process still ends by that signal, so that
 * whoever waits for it can tell.
 */
export async function undoneWhenStopped<T> (undo: () => void, work: () => Promise<T>): Promise<T> {
  const stop = (signal: NodeJS.Signals): void => {
    undo()
    for (const each of SIGNALS) process.off(each, stop)
    process.kill(process.pid, signal)
  }
  for (const signal of SIGNALS) process.on(signal, stop)
  try {
    return await work()
  } finally {
    for (const signal of SIGNALS) process.off(signal, stop)
  }
}
