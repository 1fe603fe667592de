import { EmbeddedDocumentIndex } from './adapters/embedded/document-index.js'
import type { Config } from './config.js'
import type { DocumentIndex } from './ports/document-index.js'

export interface Backends {
  readonly index: DocumentIndex
}

/** Opens what the configuration names. The only file that knows every adapter. */
export async function openBackends (config: Config): Promise<Backends> {
  switch (config.index.kind) {
    case 'embedded':
      return { index: await EmbeddedDocumentIndex.open({ folder: config.index.folder }) }
  }
}
