import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { open, readdir } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { temporaryFolder } from '../app.js'
import { answering, startServer } from '../client/servers.js'
import { CLI, spawnLeporello, startService } from '../service.js'
import { spawnMet, startMozart, workspace } from './container-met.js'

const LIST = answering(200, { success: true, message: '', result: ['c:1'] })

t.test('a command whose reader leaves, as head does, ends without a word', async t => {
  const { url } = await startService(t, { LEPORELLO_DATA_DIR: await temporaryFolder(t) })
  const child = spawnLeporello(['report'], { LEPORELLO_URL: url })
  child.stdout!.destroy()
  const [stderr, [code]] = await Promise.all([text(child.stderr!), once(child, 'close')])
  t.equal(stderr, '')
  t.equal(code, 141)
})

t.test('where the output goes there is no room: a line says so, and 1', async t => {
  const full = await open('/dev/full', 'w')
  t.teardown(() => full.close())
  const url = await startServer(t, LIST)
  for (const args of [['list'], ['list', '--json']]) {
    const child = spawn(process.execPath, [CLI, ...args], { env: { LEPORELLO_URL: url }, stdio: ['ignore', full.fd, 'pipe'] })
    const [stderr, [code]] = await Promise.all([text(child.stderr!), once(child, 'close')])
    t.match(stderr, /^leporello: standard output cannot be written: ENOSPC[^\n]*\n$/)
    t.equal(code, 1)
  }
})

t.test('what nobody listens to on stderr stops nothing that is under way', async t => {
  const { cwd, store } = await workspace(t)
  const mozart = await startMozart(t)
  const met = spawnMet(['container-foo:1.0', '1.0', 'foo.tar.gz', store, 'sha256:aa', mozart.url], { cwd })
  met.stderr!.destroy()
  t.same(await once(met, 'exit'), [0, null])
  t.same(await readdir(store), ['foo.tar.gz'])
  const url = await startServer(t, answering(200, { success: true, message: 'registered', result: { id: 'c:1' } }))
  const upload = spawnLeporello(['upload', 'c:1', `${cwd}/foo.tar.gz`], { LEPORELLO_URL: url })
  upload.stderr!.destroy()
  const [stdout, [code]] = await Promise.all([text(upload.stdout!), once(upload, 'close')])
  t.match(stdout, /^id +c:1\n/)
  t.equal(code, 0)
})
