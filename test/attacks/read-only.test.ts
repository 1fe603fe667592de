import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chown, realpath, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { temporaryFolder } from '../app.js'
import { tarballsIn, unfinishedIn } from '../uploads/folder.js'
import { tarballOf } from '../uploads/tarballs.js'

const run = promisify(execFile)
const USER = 1000

async function canBeTried (): Promise<boolean> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false
  return await run('unshare', ['-m', '--propagation', 'private', 'setpriv', '--version']).then(() => true, () => false)
}

/** Leporello with nothing but the data folder to write to; its process is the one that is started. */
function confined (t: Test, data: string, args: readonly string[]) {
  const env = { PATH: process.env['PATH'] ?? '', NODE: process.execPath, LEPORELLO_DATA_DIR: data, LEPORELLO_PORT: '0', LEPORELLO_PUBLIC_URL: 'http://localhost' }
  const child = spawn('unshare', ['-m', '--propagation', 'private', 'bash', 'test/attacks/read-only.sh', data, ...args],
    { env, stdio: ['ignore', 'pipe', 'pipe'] })
  t.teardown(() => { child.kill('SIGKILL') })
  return child
}

const isPossible = await canBeTried()
if (!isPossible && process.env['CI']) throw new Error('CI must run this: it needs root on Linux, unshare and setpriv')

t.test('without privileges, and with all but its data read-only, the service does everything', {
  skip: isPossible ? false : 'it takes root on Linux, unshare and setpriv'
}, async t => {
  const data = await realpath(await temporaryFolder(t))
  const marker = join(await temporaryFolder(t), 'marker')
  await writeFile(marker, '')
  await chown(data, USER, USER)

  const service = confined(t, data, ['serve'])
  const errors = text(service.stderr)
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: service.stdout }).on('line', line => {
      const [, listening] = /listening on (http[^"]+)/.exec(line) ?? []
      if (listening !== undefined) resolve(listening)
    })
    service.once('exit', () => { errors.then(said => { reject(new Error(said)) }, reject) })
  })
  const { stdout: status } = await run('cat', [`/proc/${service.pid}/status`])
  t.match(status, /^Uid:\t1000\t1000\t1000\t1000$/m)
  t.match(status, /^CapEff:\t0+$/m)
  t.match(status, /^NoNewPrivs:\t1$/m)
  const { stdout: mounts } = await run('cat', [`/proc/${service.pid}/mounts`])
  t.match(mounts.trim().split('\n').filter(line => line.split(' ')[1] === '/').at(-1), / ro[, ]/)

  const name = 'container-confined:1.0'
  const added = await fetch(`${url}/container/add?${new URLSearchParams({ name: 'container-added:1', version: '1', digest: 'd', url: 's3://b/a.tar.gz' })}`, { method: 'POST' })
  t.equal(added.status, 200)
  const tarball = tarballOf(name)
  const uploaded = await fetch(`${url}/container/upload?${new URLSearchParams({ name, version: '1.0' })}`, { method: 'PUT', body: tarball })
  t.equal(uploaded.status, 200)
  const { result } = await uploaded.json() as { result: { url: string } }
  const downloaded = await fetch(`${url}${new URL(result.url).pathname}`)
  t.ok(Buffer.from(await downloaded.arrayBuffer()).equals(tarball))

  const sweep = confined(t, data, ['sweep'])
  const said = text(sweep.stderr)
  t.same(await once(sweep, 'exit'), [0, null], await said)
  t.not((await tarballsIn(data)).length, 0)
  t.same(await unfinishedIn(data), [])

  const ended = once(service, 'exit')
  service.kill('SIGTERM')
  t.same(await ended, [0, null], await errors)
  const { stdout: written } = await run('find', ['/tmp', '/var/tmp', '/dev/shm', process.cwd(), '-xdev', '-user', String(USER), '-newer', marker,
    '-not', '-path', data, '-not', '-path', `${data}/*`])
  t.equal(written, '', 'nothing was written elsewhere')
})
