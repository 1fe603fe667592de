import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { ENGINE_LINES } from './lines.js'

/**
 * `npm run test:engines -- [name ...]`: everything that is tested on real engines, on the lines named, else on all of
 * them, one after the other; with `--contract`, only the promises of a document index and of its change log; with
 * `--adapter`, what depends on the engine's client: the adapter, Mozart's recorded answers, and the service from outside.
 */
const { values: { contract, adapter }, positionals } = parseArgs({
  options: { contract: { type: 'boolean', default: false }, adapter: { type: 'boolean', default: false } }, allowPositionals: true
})
const engines = positionals.length > 0 ? positionals : Object.keys(ENGINE_LINES)
const CONTRACT = ['adapters/search/document-index', 'adapters/search/change-log']
const ADAPTER = ['adapters/search/*', 'mozart/*', 'cli/*-engine']
const ALL = [
  ...ADAPTER, 'engines/*', 'catalogue/*-engine', 'catalogue/*-backends', 'model/*-engine', 'races/*-engine', 'uploads/*-engine', 'outages/*-engine'
]
const TESTS = (contract ? CONTRACT : adapter ? ADAPTER : ALL).map(name => `dist/test/${name}.test.js`)

let failed = false
for (const engine of engines) {
  // One file at a time: each starts an engine of half a gigabyte.
  const run = spawnSync('npx', ['tap', '--jobs=1', '--timeout=600', ...TESTS], {
    stdio: 'inherit',
    env: { ...process.env, LEPORELLO_TEST_ENGINES: engine }
  })
  process.stdout.write(`${engine}: ${run.status === 0 ? 'passed' : 'FAILED'}\n`)
  failed ||= run.status !== 0
}
process.exitCode = failed ? 1 : 0
