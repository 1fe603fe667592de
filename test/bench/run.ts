import { parseArgs } from 'node:util'
import { ENGINE_LINES, type EngineName } from '../engines/lines.js'
import { measureAccess } from './access.js'
import { measureEmbedded } from './embedded.js'
import { measureSlowSenders } from './slow-senders.js'

/** What is not measured unless it is asked for. */
const PARTS: Readonly<Record<string, () => Promise<void>>> = { access: measureAccess, slow: measureSlowSenders }

/**
 * `npm run bench`: the service on its embedded catalogue; `npm run bench -- --engine opensearch-2`: on a real engine,
 * beside its official client; `npm run bench -- access slow`: what credentials cost, and what slow senders do to others.
 * Load generator, service and engine share this machine, so read the ratios. Nothing is asserted. LEPORELLO_BENCH_SECONDS
 * and LEPORELLO_BENCH_DOCUMENTS make it shorter.
 */
const { values: { engine }, positionals } = parseArgs({ options: { engine: { type: 'string' } }, allowPositionals: true })
const wrong = positionals.find(part => !Object.hasOwn(PARTS, part))
if (wrong !== undefined) {
  refuse(`there is no part ${wrong}; there are ${Object.keys(PARTS).join(', ')}`)
} else if (positionals.length > 0) {
  for (const part of positionals) await PARTS[part]!()
} else if (engine === undefined) {
  await measureEmbedded()
} else if (Object.hasOwn(ENGINE_LINES, engine)) {
  const { measureEngine } = await import('./engine.js')
  await measureEngine(engine as EngineName)
} else {
  refuse(`there is no engine ${engine}; there are ${Object.keys(ENGINE_LINES).join(', ')}`)
}

function refuse (message: string): void {
  process.stderr.write(`${message}\n`)
  process.exitCode = 2
}
