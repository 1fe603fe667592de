import { readFile } from 'node:fs/promises'
import { EmbeddedDocumentIndex } from './adapters/embedded/document-index.js'
import { SearchDocumentIndex } from './adapters/search/document-index.js'
import { ConfigError, type Config, type SearchIndexConfig } from './config.js'
import { credentialsFor, type Credentials } from './netrc.js'
import type { DocumentIndex } from './ports/document-index.js'

export interface Backends {
  readonly index: DocumentIndex
}

/** Opens what the configuration names, without waiting for an engine. The only file that knows every adapter. */
export async function openBackends (config: Config): Promise<Backends> {
  switch (config.index.kind) {
    case 'embedded': return { index: await EmbeddedDocumentIndex.open({ folder: config.index.folder }) }
    case 'search': return { index: await openSearchIndex(config.index, config.indexTimeoutMs) }
  }
}

async function openSearchIndex (config: SearchIndexConfig, timeoutMs: number): Promise<DocumentIndex> {
  const { nodes, engine: kind, indices, insecure, caFile } = config
  const credentials = await findCredentials(config)
  try {
    return new SearchDocumentIndex({ nodes, kind, timeoutMs, indices, insecure, caFile, ...credentials })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new ConfigError(code === 'ENOENT' || code === 'EACCES' || code === 'EISDIR'
      ? `LEPORELLO_INDEX_CA names ${caFile}, which cannot be read: ${message}`
      : 'LEPORELLO_INDEX_URL cannot be used: percent-encode the special characters of its user and password')
  }
}

/** Those of the variables, else those in the URL (which the adapter reads), else those of the netrc file. */
async function findCredentials ({ username, password, nodes, netrcFile }: SearchIndexConfig): Promise<Partial<Credentials>> {
  if (username !== undefined && password !== undefined) return { username, password }
  const urls = nodes.map(node => new URL(node))
  if (urls.some(url => url.username !== '')) return {}
  return credentialsFor(urls[0]?.hostname ?? '', await readIfThere(netrcFile)) ?? {}
}

async function readIfThere (file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw new ConfigError(`LEPORELLO_INDEX_NETRC names ${file}, which cannot be read: ${(error as Error).message}`)
  }
}
