import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import t from 'tap'

const LOG = new URL('../src/log.js', import.meta.url).href

/** What a process says that logs and then ends with no turn of the event loop in between. */
async function sayAndEnd (end: string): Promise<string[]> {
  const script = `import { createLogger } from ${JSON.stringify(LOG)}
    const logger = createLogger('info')
    for (let n = 0; n < 3; n++) logger.info({ n, text: 'x'.repeat(20000) }, 'line')
    logger.info({ err: new Error('no way to s3://KEY:SECRET@bucket') }, 'last words')
    ${end}`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script])
    .catch((error: { stdout: string }) => error)
  return stdout.trim().split('\n').map(line => JSON.parse(line).msg)
}

for (const end of ['process.exit(1)', 'throw new Error("nobody catches it")', 'logger.fatal("the end"); process.abort()', '']) {
  t.test(`no line is lost in a process that ends with ${end || 'its work'}`, async t => {
    const last = end.startsWith('logger') ? ['the end'] : []
    t.same(await sayAndEnd(end), ['line', 'line', 'line', 'last words', ...last])
  })
}

t.test('a line of the log is one line for every reader, whatever stands in it', async t => {
  const text = 'a\n\r\u0000\u001b[2J\u007f\u0085\u009b31m\u2028\u2029\u202e\u2066 \u00e9 \u{1f600} \\u2028'
  const script = `import { createLogger } from ${JSON.stringify(LOG)}
    createLogger('info').info({ text: ${JSON.stringify(text)} }, ${JSON.stringify(text)})`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script])
  t.notMatch(stdout.slice(0, -1), /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u)
  t.match(JSON.parse(stdout), { text, msg: text })
})
