import { spawnSync } from 'node:child_process'
import t from 'tap'
import { BOTH_CLIENTS, ENGINE_LINES, type EngineName } from './lines.js'

/**
 * The engines to test: those named in `LEPORELLO_TEST_ENGINES` (by comma), else one of each client. None, and the file
 * says so, where none was named and there is nothing to fetch and run them with.
 */
export function enginesUnderTest (): readonly EngineName[] {
  const named = process.env.LEPORELLO_TEST_ENGINES
  if (named === undefined || named === '') {
    const missing = ['java', 'javac', 'mvn'].find(command => spawnSync(command, ['-version']).error)
    if (missing === undefined) return BOTH_CLIENTS
    t.plan(0, `real engines are not tested: there is no ${missing} here`)
    return []
  }
  return named.split(',').map(name => {
    const known = Object.keys(ENGINE_LINES)
    if (!known.includes(name)) throw new Error(`no engine "${name}": there are ${known.join(', ')}`)
    return name as EngineName
  })
}
