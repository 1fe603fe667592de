import { readdir, readFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { temporaryFolder } from '../app.js'
import { podmanArchive, sampleImage } from '../image/support/sample-image.js'
import { tar } from '../image/support/tar-writer.js'
import { runLeporello, startService } from '../service.js'
import { MOST_TRIES, SHORT_GRACE, sweep, sweepUntil } from '../uploads/sweeps.js'

type Environment = Record<string, string>

/** For the sweeps, with the shortest grace there may be; the service that takes uploads has more time for each. */
async function environment (t: Test): Promise<Environment & { LEPORELLO_DATA_DIR: string }> {
  return { LEPORELLO_DATA_DIR: await temporaryFolder(t), ...SHORT_GRACE }
}

const tarball = (name: string, architecture = 'amd64') => tar(podmanArchive(sampleImage({ architecture }), name))

async function upload (url: string, name: string): Promise<void> {
  const form = new FormData()
  form.set('name', name)
  form.set('version', '1.0')
  form.set('tarball', new Blob([Uint8Array.from(tarball(name))]), 'image.tar')
  const response = await fetch(`${url}/container/upload`, { method: 'POST', body: form })
  if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`)
}

async function remove (url: string, name: string): Promise<void> {
  const { status } = await fetch(`${url}/container/remove?id=${name}`)
  if (status !== 200) throw new Error(`removing ${name}: ${status}`)
}

t.test('what a removed container leaves is condemned and deleted, while the service runs', async t => {
  const env = await environment(t)
  const { url } = await startService(t, { LEPORELLO_DATA_DIR: env.LEPORELLO_DATA_DIR })
  for (const name of ['container-kept:1.0', 'container-left:1.0']) await upload(url, name)
  await remove(url, 'container-left:1.0')
  const isLeft = ({ key }: { key: string }) => key.startsWith('containers/container-left/')
  await sweepUntil(env, [], ({ condemned }) => condemned.some(isLeft))
  const shown = await runLeporello(['sweep'], env)
  t.match(shown, { code: 0, stdout: /^would be condemned: containers\/container-left\/\S+ \([\d.]+ kB\)\n/ })
  t.match(shown.stdout, /2 tarballs, 0 of them too young to judge, 1 named by no document\nNothing was changed; leporello sweep --yes does it.\n$/)
  t.match(await sweep(env, '--yes'), { dryRun: false, condemned: [{ key: /container-left/ }], deleted: { length: 0 } })
  t.match(await sweepUntil(env, ['--yes'], ({ deleted }) => deleted.length > 0), { deleted: [{ key: /container-left/ }] })
  t.same(await readdir(join(env.LEPORELLO_DATA_DIR, 'tarballs/containers')), ['container-kept'])
  const info = await (await fetch(`${url}/container/info?id=container-kept:1.0`)).json() as { result: { url: string } }
  t.equal((await fetch(info.result.url)).status, 200)
})

t.test('a sweep that stops says why, and exits with 1', async t => {
  const env = await environment(t)
  const { url } = await startService(t, { LEPORELLO_DATA_DIR: env.LEPORELLO_DATA_DIR })
  await upload(url, 'container-left:1.0')
  await remove(url, 'container-left:1.0')
  const stopped = async () => {
    for (let tries = 0; ; tries++) {
      const outcome = await runLeporello(['sweep', '--yes'], env)
      if (outcome.code !== 0 || tries === MOST_TRIES) return outcome
    }
  }
  t.match(await stopped(), { code: 1, stderr: /leporello: the sweep stopped: 1 of 1 tarballs .* --force/ })
  t.match(await sweep(env, '--yes', '--force'), { condemned: { length: 1 } })
})

t.test('the service sweeps by itself when it is told to', async t => {
  const env = await environment(t)
  const { url } = await startService(t, { LEPORELLO_DATA_DIR: env.LEPORELLO_DATA_DIR })
  for (const name of ['container-kept:1.0', 'container-left:1.0']) await upload(url, name)
  await remove(url, 'container-left:1.0')
  const service = await startService(t, { ...env, LEPORELLO_SWEEP_INTERVAL_MS: '1000' })
  await service.logged(({ msg, condemned }) => msg === 'sweep' && condemned === 1)
  t.match(await service.logged(({ msg, deleted }) => msg === 'sweep' && deleted === 1), { tarballs: 2, dryRun: false })
  t.same(await readdir(join(env.LEPORELLO_DATA_DIR, 'tarballs/containers')), ['container-kept'])
  t.match(await service.stop(), { code: 0 })
})

t.test('kill -9 in the middle of an upload leaves nothing to see, and the sweep removes what it leaves', async t => {
  const env = await environment(t)
  const name = 'container-cut:1.0'
  const tarballs = join(env.LEPORELLO_DATA_DIR, 'tarballs')
  const service = await startService(t, { LEPORELLO_DATA_DIR: env.LEPORELLO_DATA_DIR })
  // The first tarball is stored whole, the second is on its way.
  const [whole, cut] = [tarball(name), tarball(name, 'arm64')]
  const sent = request(`${service.url}/container/upload`, {
    method: 'POST', headers: { 'content-type': 'multipart/form-data; boundary=b' }
  })
  sent.on('error', () => {})
  const field = (name: string, value: string) => `--b\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`
  const file = (name: string) => `--b\r\ncontent-disposition: form-data; name="${name}"; filename="image.tar"\r\n\r\n`
  sent.write(field('name', name) + field('version', '1.0') + file('x86_64'))
  sent.write(whole)
  sent.write(`\r\n${file('arm64')}`)
  sent.write(cut.subarray(0, cut.length / 2))
  while (!(await drafts(tarballs)).some(key => key.includes('arm64'))) await new Promise(setImmediate)
  await service.stop('SIGKILL')

  const survivor = await startService(t, { LEPORELLO_DATA_DIR: env.LEPORELLO_DATA_DIR })
  t.match(await (await fetch(`${survivor.url}/container/list`)).json(), { result: { length: 0 } })
  t.equal((await fetch(`${survivor.url}/container/info?id=${name}`)).status, 404)
  await upload(survivor.url, 'container-kept:1.0')
  await sweepUntil(env, ['--yes', '--force'], ({ abandoned }) => abandoned.length === 1)
  await sweepUntil(env, ['--yes', '--force'], ({ deleted }) => deleted.length === 1)
  t.same(await readdir(join(tarballs, 'containers')), ['container-kept'])
  t.same(await readdir(join(tarballs, '.unfinished')), [])
})

/** The keys of the puts that are under way in a folder. */
async function drafts (tarballs: string): Promise<string[]> {
  const ids = await readdir(join(tarballs, '.unfinished')).catch(() => [])
  return await Promise.all(ids.map(id => readFile(join(tarballs, '.unfinished', id, 'about.json'), 'utf8').catch(() => '')))
}

t.test('its help tells of the two stages', async t => {
  t.match(await runLeporello(['sweep', '--help']), { code: 0, stdout: /two stages/ })
  t.match(await runLeporello(['sweep', '--nosuch']), { code: 2 })
})
