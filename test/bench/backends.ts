import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startEngine } from '../engines/engine.js'
import { ENGINE_LINES, type EngineName } from '../engines/lines.js'

export interface BenchBackends {
  /** The engine's name, or `embedded`. */
  readonly name: string
  /** Empty at first, and gone in the end. */
  readonly folder: string
  /** What makes a service use them; its data are in `folder`. */
  readonly env: Readonly<Record<string, string>>
}

/** Measures on the embedded catalogue, or on the engine that `--engine` names, with a folder of its own. */
export async function onBackends (measure: (backends: BenchBackends) => Promise<void>): Promise<void> {
  const engine = chosenEngine()
  const stops: Array<() => unknown> = []
  const folder = await mkdtemp(join(tmpdir(), 'leporello-bench-'))
  try {
    const index = engine && { LEPORELLO_INDEX_URL: (await startEngine({ teardown: stop => { stops.unshift(stop as () => unknown) } }, engine)).url }
    const env = { LEPORELLO_DATA_DIR: join(folder, 'data'), LEPORELLO_LOG_LEVEL: 'warn', ...index }
    await measure({ name: engine ?? 'embedded', folder, env })
  } finally {
    for (const stop of stops) await stop()
    await rm(folder, { recursive: true, force: true })
  }
}

function chosenEngine (): EngineName | undefined {
  const { engine } = parseArgs({ options: { engine: { type: 'string' } } }).values
  if (engine === undefined || Object.hasOwn(ENGINE_LINES, engine)) return engine as EngineName | undefined
  throw new Error(`there is no engine ${engine}; there are ${Object.keys(ENGINE_LINES).join(', ')}`)
}
