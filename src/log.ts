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
 * What JSON may hold as it is, but some readers end a line at, or take for a command to the terminal: DEL and C1, the
 * separators of lines and paragraphs, and what turns the direction of a text.
 */
const NEVER_RAW = /[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/
const EACH_NEVER_RAW = new RegExp(NEVER_RAW, 'g')

function escaped (character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
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
      lines += NEVER_RAW.test(line) ? line.replaceAll(EACH_NEVER_RAW, escaped) : line
    },
    flushSync: flush
  }
}
