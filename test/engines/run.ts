import { spawnSync } from 'node:child_process'
import { ENGINE_LINES } from './lines.js'

/**
 * `npm run test:engines -- [name ...]`: everything that is tested on real engines, on the lines named, else on all of
 * them one after the other.
 */
const named = process.argv.slice(2)
const engines = named.length > 0 ? named : Object.keys(ENGINE_LINES)
const tests = ['dist/test/engines/*.test.js', 'dist/test/adapters/search/*.test.js']

let failed = false
for (const engine of engines) {
  const run = spawnSync('npx', ['tap', '--reporter=terse', '--timeout=600', ...tests], {
    stdio: 'inherit',
    shell: true,
    env: { ...process.env, LEPORELLO_TEST_ENGINES: engine }
  })
  console.log(`${engine}: ${run.status === 0 ? 'passed' : 'FAILED'}`)
  failed ||= run.status !== 0
}
process.exitCode = failed ? 1 : 0
