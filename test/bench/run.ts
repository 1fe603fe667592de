import { parseArgs } from 'node:util'
import { ENGINE_LINES, type EngineName } from '../engines/lines.js'
import { measureEmbedded } from './embedded.js'

/**
 * `npm run bench`: the service on its embedded catalogue; `npm run bench -- --engine opensearch-2`: on a real engine,
 * beside its official client. Load generator, service and engine share this machine, so read the ratios. Nothing is
 * asserted. LEPORELLO_BENCH_SECONDS and LEPORELLO_BENCH_DOCUMENTS make it shorter.
 */
const { engine } = parseArgs({ options: { engine: { type: 'string' } } }).values
if (engine === undefined) {
  await measureEmbedded()
} else if (Object.hasOwn(ENGINE_LINES, engine)) {
  const { measureEngine } = await import('./engine.js')
  await measureEngine(engine as EngineName)
} else {
  process.stderr.write(`there is no engine ${engine}; there are ${Object.keys(ENGINE_LINES).join(', ')}\n`)
  process.exitCode = 2
}
