import { EXIT } from './exit-code.js'

/** As a shell tells it of a program that wrote to a reader who had left: 128 and SIGPIPE. */
const EXIT_NO_READER = 141

/** What the program does when nobody takes what it says. */
export function tendStandardStreams (program: string): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // `leporello list | head` is no failure that needs a word.
    if (error.code === 'EPIPE') process.exit(EXIT_NO_READER)
    process.stderr.write(`${program}: standard output cannot be written: ${error.message}\n`)
    process.exit(EXIT.failed)
  })
  // What is under way is worth more than what is told of it.
  process.stderr.on('error', () => {})
}
