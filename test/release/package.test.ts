import { execFile } from 'node:child_process'
import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { CONTAINER, temporaryFolder } from '../app.js'
import { startService } from '../service.js'

const run = promisify(execFile)

const ROOT = join(import.meta.dirname, '../../..')

/** What stands in the package beside what is built. */
const BESIDE = ['CHANGELOG.md', 'LICENSE', 'README.md', 'openapi.yaml', 'package.json']

interface Packed {
  readonly filename: string
  readonly files: ReadonlyArray<{ readonly path: string, readonly size: number }>
}

t.test('the package holds the built program, the types of its client, the documentation, and nothing else', async t => {
  const { files } = await pack(await temporaryFolder(t))
  const programs = await Promise.all(['src', 'routes', 'plugins'].map(async folder =>
    (await filesIn(folder)).filter(name => /(?<!\.d)\.ts$/.test(name)).map(name => `dist/${name.replace(/\.ts$/, '.js')}`)))
  const types = (await filesIn('src/client')).filter(name => /(?<!\.d)\.ts$/.test(name)).map(name => `dist/${name.replace(/\.ts$/, '.d.ts')}`)
  const expected = [...programs.flat(), ...types, ...await filesIn('docs'), ...BESIDE]
  t.same(files.map(({ path }) => path).sort(), expected.sort())
  t.same(files.filter(({ path }) => /\.map$|test\/|\.env|node_modules/.test(path)), [])
})

t.test('installed where there is nothing but what it depends on, it serves', async t => {
  const folder = await installed(t)
  const { bin } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { bin: Record<string, string> }
  const service = await startService(t, { LEPORELLO_DATA_DIR: await temporaryFolder(t) }, { cli: join(folder, bin['leporello']!) })
  const added = await fetch(`${service.url}/api/v0.1/container/add`, { method: 'POST', body: new URLSearchParams(CONTAINER) })
  t.equal(added.status, 200)
  t.match(await (await fetch(`${service.url}/api/v0.1/container/list`)).json(), { result: [CONTAINER.name] })
  t.equal((await fetch(`${service.url}/api/v0.1/doc/`)).status, 200)
  t.same(await service.stop(), { code: 0, signal: null })

  for (const program of Object.values(bin)) {
    const { stdout } = await run(process.execPath, [join(folder, program), '--help'])
    t.match(stdout, /usage/i, program)
  }
})

t.test('programs import leporello/client from it, with its types', async t => {
  const site = dirname(dirname(await installed(t)))
  const program = `import { LeporelloClient, type ResolvedImage } from 'leporello/client'
const client = new LeporelloClient({ url: 'http://127.0.0.1:1' })
export const resolved = (): Promise<ResolvedImage> => client.resolve('container-hello:1.0', 'aarch64')
// @ts-expect-error: an id is a text
export const wrong = () => client.resolve(1, 'aarch64')
console.log(typeof client.merge)
await client.close()
`
  await writeFile(join(site, 'package.json'), '{"type": "module"}')
  await writeFile(join(site, 'program.ts'), program)
  await mkdir(join(site, 'node_modules/@types'))
  await symlink(join(ROOT, 'node_modules/@types/node'), join(site, 'node_modules/@types/node'))
  await run(process.execPath, [
    join(ROOT, 'node_modules/typescript/bin/tsc'), '--strict', '--module', 'nodenext', '--target', 'es2022', 'program.ts'
  ], { cwd: site })
  const { stdout } = await run(process.execPath, ['program.js'], { cwd: site })
  t.equal(stdout, 'function\n')
})

async function pack (destination: string): Promise<Packed> {
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', destination], { cwd: ROOT })
  return (JSON.parse(stdout) as [Packed])[0]
}

/** The folder of the package in a new site, whose node_modules has what the package names as its dependencies and no more. */
async function installed (t: Test): Promise<string> {
  const site = await temporaryFolder(t)
  const folder = join(site, 'node_modules/leporello')
  await mkdir(folder, { recursive: true })
  await run('tar', ['-xzf', join(site, (await pack(site)).filename), '-C', folder, '--strip-components=1'])
  const { dependencies } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { dependencies: Record<string, string> }
  for (const name of Object.keys(dependencies)) {
    await mkdir(dirname(join(site, 'node_modules', name)), { recursive: true })
    await symlink(join(ROOT, 'node_modules', name), join(site, 'node_modules', name))
  }
  return folder
}

/** The files in a folder of the repository, as paths from its root. */
async function filesIn (folder: string): Promise<string[]> {
  const names = (await readdir(join(ROOT, folder), { recursive: true })).map(name => join(folder, name))
  const areFiles = await Promise.all(names.map(async name => (await stat(join(ROOT, name))).isFile()))
  return names.filter((_, at) => areFiles[at])
}
