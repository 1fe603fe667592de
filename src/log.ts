import { pino, type DestinationStream, type Logger } from 'pino'
import { withoutSecrets } from './domain/userinfo.js'

/**
 * Logs lines of JSON to standard output. Errors are logged with their stack, and without the secrets of urls that may
 * stand in their messages.
 */
export function createLogger (level: string): Logger {
  const err = (error: Error) => {
    const shown = pino.stdSerializers.err(error)
    return { ...shown, message: withoutSecrets(shown.message), stack: withoutSecrets(shown.stack) }
  }
  return pino({ level, serializers: { err } }, standardOutput())
}

/**
 * Writes the lines of one turn of the event loop together when it ends: under load a system call for each would cost
 * more than all else that is done for a line. No line waits longer than that, and a process that ends, also by an
 * error that nobody caught, writes what it has.
 */
function standardOutput (): DestinationStream & { flushSync: () => void } {
  const output = pino.destination({ dest: 1, sync: true })
  let lines = ''
  function flush (): void {
    if (lines === '') return
    output.write(lines)
    lines = ''
  }
  process.once('exit', flush)
  return {
    write (line) {
      if (lines === '') setImmediate(flush)
      lines += line
    },
    flushSync: flush
  }
}
