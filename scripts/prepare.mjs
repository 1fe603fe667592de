// Installs and builds what is missing or out of date, so that `npm start` and `npm test` need no step before them.
// Plain JavaScript without dependencies: it runs on a fresh clone.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const SOURCES = ['src', 'routes', 'plugins', 'test', 'tsconfig.json', 'package-lock.json']
const INSTALLED = join(root, 'node_modules/.installed-lock.json')
const BUILT = join(root, 'dist/.built')

if (text(INSTALLED) !== text(join(root, 'package-lock.json'))) {
  run('npm', ['ci', '--include=dev', '--no-audit', '--no-fund'])
  writeFileSync(INSTALLED, text(join(root, 'package-lock.json')))
}
const state = String(newest(SOURCES.map(name => join(root, name))))
if (text(BUILT) !== state) {
  // What a removed source left behind would still be loaded, or run as a test.
  rmSync(join(root, 'dist'), { recursive: true, force: true })
  run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc')])
  writeFileSync(BUILT, state)
}

function run (command, args) {
  // What is installed and built is for whoever starts this, not part of what they asked to see.
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2] })
  if (error) console.error(`cannot run ${command}: ${error.message}`)
  if (status !== 0) process.exit(status ?? 1)
}

function text (file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

/** The latest modification under the paths; a folder counts itself, so that a removed file is noticed. */
function newest (paths) {
  return Math.max(0, ...paths.map(path => {
    const stat = statSync(path)
    if (!stat.isDirectory()) return stat.mtimeMs
    return Math.max(stat.mtimeMs, newest(readdirSync(path).map(name => join(path, name))))
  }))
}
