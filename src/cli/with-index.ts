import { loadConfig, type Config } from '../config.js'
import type { Backends } from '../backends.js'
import type { DocumentIndex } from '../ports/document-index.js'
import { explained } from './failure.js'

/** Runs a command's work on the index that the environment names, and closes it; a failure is explained on stderr. */
export async function withIndex (
  work: (index: DocumentIndex, timeoutMs: number) => Promise<void>, options: { readonly json?: boolean } = {}
): Promise<void> {
  await withBackends(({ index }, { indexTimeoutMs }) => work(index, indexTimeoutMs), options)
}

/** As `withIndex`, for work on the store for tarballs as well. */
export async function withBackends (
  work: (backends: Backends, config: Config) => Promise<void>, options: { readonly json?: boolean } = {}
): Promise<void> {
  await explained(async () => {
    const config = loadConfig(process.env)
    // Loaded only now, so that --help and configuration errors are quick.
    const { openBackends } = await import('../backends.js')
    const backends = await openBackends(config)
    try {
      await work(backends, config)
    } finally {
      await Promise.all([backends.images.close(), backends.index.close()])
    }
  }, options)
}
