import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { temporaryFolder } from '../app.js'
import { startServer } from '../client/servers.js'
import { lacking } from '../image/support/programs.js'
import { podmanArchive, sampleImage } from '../image/support/sample-image.js'
import { tar } from '../image/support/tar-writer.js'
import { CLI, startService } from '../service.js'

const NAME = 'container-hello:1.0'
const BOLD = '\u001B[1m'
const [HIDDEN, SHOWN] = ['\u001B[?25l', '\u001B[?25h']
const [CTRL_C, CTRL_D] = ['\u0003', '\u0004']

const skip = await lacking(['script'])
if (skip !== false) t.comment(`terminals are ${skip}`)

/** What is typed at once, or each when its cue is shown. */
type Typed = string | ReadonlyArray<readonly [cue: string, typed: string]>

/** Runs the command line at a terminal of its own, where `typed` is typed; gives all that it showed. */
async function atTerminal (args: readonly string[], env: Record<string, string>, typed: Typed = '') {
  const command = [process.execPath, CLI, ...args].map(word => `'${word}'`).join(' ')
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    env: { PATH: process.env['PATH'], TERM: 'xterm', ...env }, stdio: ['pipe', 'pipe', 'inherit']
  })
  const cues = typeof typed === 'string' ? [] : [...typed]
  if (typeof typed === 'string') child.stdin.write(typed)
  let seen = ''
  child.stdout.on('data', chunk => {
    seen += chunk
    if (cues[0] === undefined || !seen.includes(cues[0][0])) return
    seen = ''
    child.stdin.write(cues.shift()![1])
  })
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

t.test('who leaves a question unanswered changes nothing, and is told so', { skip }, async t => {
  const folder = await temporaryFolder(t)
  const env = { LEPORELLO_URL: 'http://127.0.0.1:1', LEPORELLO_HTPASSWD: join(folder, 'htpasswd'), LEPORELLO_ACCESS: join(folder, 'access') }
  for (const leaving of [CTRL_C, CTRL_D]) {
    t.match(await atTerminal(['remove', NAME], env, [['[y/N]', leaving]]), { code: 2, shown: /leporello: nothing was changed\r\n$/ })
    t.match(await atTerminal(['user', 'add', 'x'], env, [['Password:', leaving]]), { code: 2, shown: /leporello: nothing was changed\r\n$/ })
  }
  const differing = await atTerminal(['user', 'add', 'x'], env, [['Password:', 'a long secret\r'], ['Again:', 'another secret\r']])
  t.match(differing, { code: 2, shown: /leporello: the two passwords differ: nothing was changed\r\n$/ })
  t.same(await readdir(folder), [])
})

t.test('an upload that is stopped leaves the terminal with its cursor', { skip }, async t => {
  const file = join(await temporaryFolder(t), 'image.tar')
  await writeFile(file, Buffer.alloc(2 ** 24))
  const silent = await startServer(t, () => {})
  const { shown, code } = await atTerminal(['upload', NAME, file], { LEPORELLO_URL: silent }, [['% of', CTRL_C]])
  t.equal(code, 130)
  t.ok(shown.includes(HIDDEN))
  t.ok(shown.lastIndexOf(SHOWN) > shown.lastIndexOf(HIDDEN))
})
