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
