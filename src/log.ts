import { pino, type DestinationStream, type Logger } from 'pino'
import { withoutSecrets } from './domain/userinfo.js'

/**
 * Logs lines of JSON to standard output. No line holds a secret that can be told by how it is written: the userinfo and
 * the signature of a url, credentials of a header. Of errors there are the name, the message, the code and the stack:
 * those of the clients carry whole requests besides, with their headers.
 */
export function createLogger (level: string): Logger {
  return pino({ level, serializers: { err: shownError } }, standardOutput())
}

function shownError (error: unknown): unknown {
  if (!(error instanceof Error)) return String(error)
  const { type, message, stack } = pino.stdSerializers.err(error)
  return { type, message, ...codeOf(error), stack }
}

function codeOf ({ code }: Error & { code?: unknown }): object {
  return typeof code === 'string' ? { code } : {}
}

/** The line of a request that was not refused: what a client wrote in it has been looked at, and it is the most frequent one. */
function isCleanRequest (line: string): boolean {
  return line.endsWith('"msg":"request"}\n') && !line.includes('"reason":')
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
      const told = isCleanRequest(line) ? line : withoutSecrets(line)
      lines += NEVER_RAW.test(told) ? told.replaceAll(EACH_NEVER_RAW, escaped) : told
    },
    flushSync: flush
  }
}
