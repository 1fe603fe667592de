import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { temporaryFolder } from '../app.js'
import { lacking } from '../image/support/programs.js'
import { podmanArchive, sampleImage } from '../image/support/sample-image.js'
import { tar } from '../image/support/tar-writer.js'
import { CLI, startService } from '../service.js'

const NAME = 'container-hello:1.0'
const BOLD = '\u001B[1m'

const skip = await lacking(['script'])
if (skip !== false) t.comment(`terminals are ${skip}`)

/** Runs the command line at a terminal of its own, where `typed` is typed; gives all that it showed. */
async function atTerminal (args: readonly string[], env: Record<string, string>, typed = '') {
  const command = [process.execPath, CLI, ...args].map(word => `'${word}'`).join(' ')
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    env: { PATH: process.env['PATH'], TERM: 'xterm', ...env }, stdio: ['pipe', 'pipe', 'inherit']
  })
  child.stdin.write(typed)
  const [shown, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')])
  return { shown, code: code as number }
}

async function started (t: Test): Promise<Record<string, string>> {
  const { url } = await startService(t, { LEPORELLO_DATA_DIR: await temporaryFolder(t) })
  return { LEPORELLO_URL: url }
}

t.test('a terminal gets colour, unless it is not wanted, and an upload its progress', { skip }, async t => {
  const env = await started(t)
  const file = join(await temporaryFolder(t), 'image.tar')
  await writeFile(file, tar(podmanArchive(sampleImage(), NAME)))
  const { shown, code } = await atTerminal(['upload', NAME, file], env)
  t.equal(code, 0, shown)
  t.match(shown, /container-hello:1\.0 \[[ =]+\] +\d+% of .*\/s, .* left/)
  t.ok(shown.includes(BOLD))
  t.notOk((await atTerminal(['info', NAME], { ...env, NO_COLOR: '1' })).shown.includes(BOLD))
})

t.test('who removes something is asked at a terminal', { skip }, async t => {
  const env = await started(t)
  await atTerminal(['register', NAME, 's3://b/x.tar', '--digest', 'd'], env)
  const kept = await atTerminal(['remove', NAME], env, 'n\n')
  t.equal(kept.code, 2)
  t.match(kept.shown, /Remove container-hello:1\.0\? \[y\/N\][^]*nothing was changed/)
  t.match((await atTerminal(['list'], env)).shown, NAME)
  t.match(await atTerminal(['remove', NAME], env, 'y\n'), { code: 0, shown: /is removed/ })
  t.notMatch((await atTerminal(['list'], env)).shown, NAME)
})
