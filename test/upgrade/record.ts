// Writes what an earlier Leporello leaves behind, for upgrade.test.ts: node dist/test/upgrade/record.js COMMIT NAME
//
// The commit is built beside this one, with this one's node_modules, and its service is used as its users would.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { startService, type Service } from '../service.js'
import { OpenUpload } from '../uploads/open-upload.js'
import { tarballOf } from '../uploads/tarballs.js'
import { DROPPED, IO, JOB, PUBLIC_URL, snapshot, UPLOADED } from './site.js'

const ROOT = join(import.meta.dirname, '../../..')

const HALF = { name: 'container-half:1.0', version: '1.0', build: '7', expect: 'x86_64,arm64', urls: '{"x86_64": "s3://b/half.tar.gz"}' }

const [commit, name] = process.argv.slice(2)
if (commit === undefined || name === undefined) throw new Error('expected COMMIT NAME')

const folder = mkdtempSync(join(tmpdir(), 'leporello-upgrade-'))
const cleanUp: Array<() => void> = [() => { rmSync(folder, { recursive: true }) }]
try {
  await record(build(commit, join(folder, 'program')), join(folder, 'data'))
  // Only in this format times keep their fractions of a second, by which the store knows what belongs to a tarball.
  const format = ['--format=posix', '--owner=0', '--group=0', '--numeric-owner', '--exclude=*-lock']
  execFileSync('tar', [...format, '-czf', join(ROOT, `test/upgrade/${name}.tar.gz`), 'data', 'expected.json'], { cwd: folder })
} finally {
  for (const undo of cleanUp.reverse()) undo()
}

/** The command line of that commit. */
function build (commit: string, program: string): string {
  execFileSync('git', ['worktree', 'add', '--quiet', '--detach', program, commit], { cwd: ROOT })
  cleanUp.push(() => { execFileSync('git', ['worktree', 'remove', '--force', program], { cwd: ROOT }) })
  symlinkSync(join(ROOT, 'node_modules'), join(program, 'node_modules'))
  try {
    execFileSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc')], { cwd: program })
  } catch {
    // Its tests may want packages that are not there any more; what it says of the program shows below.
  }
  return join(program, 'dist/src/cli/leporello.js')
}

async function record (cli: string, data: string): Promise<void> {
  const env = { LEPORELLO_DATA_DIR: data, LEPORELLO_PUBLIC_URL: PUBLIC_URL }
  const t = { teardown: (undo: () => void) => { cleanUp.push(undo) } } as unknown as Test
  const service = await startService(t, env, { cli })
  await registerMozartsWay(service)
  if (await has(service, 'container/merge')) await post(service, 'container/merge', { name: 'container-two:1.0', version: '1.0', urls: '{"ppc64le": "s3://b/two-ppc64le.tar.gz"}' })
  if (await has(service, 'container/upload')) await upload(service)
  if (await has(service, 'container/pending')) await post(service, 'container/merge', HALF)
  writeFileSync(join(folder, 'expected.json'), JSON.stringify(await snapshot(service.url), null, 1))
  const { code } = await service.stop()
  if (code !== 0) throw new Error(`it ended with ${code}`)
}

/** One container with a url alone, one with several architectures, one that was removed, and texts with awkward numbers. */
async function registerMozartsWay (service: Service): Promise<void> {
  await post(service, 'container/add', { name: 'container-one:1.0', version: '1.0', digest: 'sha256:aa', url: 's3://b/one.tar.gz' })
  await post(service, 'container/add', {
    name: 'container-two:1.0', version: '1.0', digest: 'sha256:bb', urls: '{"x86_64": "s3://b/two.tar.gz", "arm64": "s3://b/two-arm64.tar.gz"}'
  })
  await post(service, 'container/add', { name: 'container-gone:1.0', version: '1.0', digest: 'sha256:cc', url: 's3://b/gone.tar.gz' })
  await remove(service, 'container-gone:1.0')
  await post(service, 'job_spec/add', { spec: JOB })
  await post(service, 'hysds_io/add', { spec: IO })
}

/** A tarball that is registered, and one whose container was removed. */
async function upload (service: Service): Promise<void> {
  for (const name of [UPLOADED, DROPPED]) {
    const { status, body } = await OpenUpload.put(service.url, name).end(tarballOf(name))
    if (status !== 200) throw new Error(body.message)
  }
  await remove(service, DROPPED)
}

async function has ({ url }: Service, route: string): Promise<boolean> {
  const { paths } = await (await fetch(`${url}/api/v0.1/openapi.json`)).json().catch(() => ({ paths: {} })) as { paths: object }
  return Object.keys(paths).some(path => path.endsWith(route))
}

async function post ({ url }: Service, route: string, fields: Record<string, string>): Promise<void> {
  const answer = await fetch(`${url}/${route}`, { method: 'POST', body: new URLSearchParams(fields) })
  if (answer.status >= 300) throw new Error(`${route}: ${answer.status} ${await answer.text()}`)
}

async function remove ({ url }: Service, id: string): Promise<void> {
  const answer = await fetch(`${url}/container/remove?id=${id}`)
  if (answer.status !== 200) throw new Error(`container/remove: ${answer.status} ${await answer.text()}`)
}
