import { loadConfig } from '../config.js'
import type { DocumentIndex } from '../ports/document-index.js'
import { explained } from './failure.js'

/** Runs a command's work on the index that the environment names, and closes it; a failure is explained on stderr. */
export async function withIndex (work: (index: DocumentIndex, timeoutMs: number) => Promise<void>): Promise<void> {
  await explained(async () => {
    const config = loadConfig(process.env)
    // Loaded only now, so that --help and configuration errors are quick.
    const { openBackends } = await import('../backends.js')
    const { index } = await openBackends(config)
    try {
      await work(index, config.indexTimeoutMs)
    } finally {
      await index.close()
    }
  })
}
