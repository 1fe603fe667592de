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
      lines += isCleanRequest(line) ? line : withoutSecrets(line)
    },
    flushSync: flush
  }
}
