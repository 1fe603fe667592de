import { readFile } from 'node:fs/promises'
import { EmbeddedDocumentIndex } from './adapters/embedded/document-index.js'
import { FolderImageStore } from './adapters/folder/image-store.js'
import { SearchDocumentIndex } from './adapters/search/document-index.js'
import { ConfigError, type Config, type SearchIndexConfig } from './config.js'
import { credentialsFor, type Credentials } from './netrc.js'
import type { DocumentIndex } from './ports/document-index.js'
import type { ImageStore } from './ports/image-store.js'
import type { Observer } from './ports/observer.js'

export interface Backends {
  readonly index: DocumentIndex
  readonly images: ImageStore
  /** This service's own address, if it has one by now. */
  readonly publicUrl: () => string | undefined
}

export interface OpeningOptions {
  /** The address that the service listens on, for when it was not told another one. */
  readonly boundUrl?: () => string | undefined
  readonly observer?: Observer
}

/**
 * Opens what the configuration names, without waiting for an engine or a store. The only file that knows every adapter.
 */
export async function openBackends (config: Config, { boundUrl, observer }: OpeningOptions = {}): Promise<Backends> {
  const publicUrl = () => config.store.publicUrl ?? boundUrl?.()
  const images = await openImageStore(config, publicUrl)
  return { index: await openIndex(config, observer), images, publicUrl }
}

/** The one half, as `openBackends` does. */
export async function openIndex ({ index, indexTimeoutMs }: Config, observer?: Observer): Promise<DocumentIndex> {
  return index.kind === 'embedded'
    ? await EmbeddedDocumentIndex.open({ folder: index.folder })
    : await openSearchIndex(index, indexTimeoutMs, observer)
}

/** The other half. */
export async function openImageStore (
  { store: { place, urlStyle }, uploads: { maxBytes } }: Config, publicUrl: () => string | undefined
): Promise<ImageStore> {
  if (place.kind === 'folder') return new FolderImageStore({ root: place.root, publicUrl })
  // The SDK is loaded only where it is used: it takes a quarter of a second.
  const { S3ImageStore } = await import('./adapters/s3/image-store.js')
  try {
    return new S3ImageStore({ ...place, urlStyle, publicUrl, largestBytes: maxBytes })
  } catch (error) {
    if (error instanceof TypeError) throw new ConfigError(`LEPORELLO_STORE cannot be used: ${error.message}`)
    throw error
  }
}

async function openSearchIndex (
  config: SearchIndexConfig, timeoutMs: number, observer: Observer | undefined
): Promise<DocumentIndex> {
  const { nodes, engine: kind, indices, insecure, caFile } = config
  const credentials = await findCredentials(config)
  try {
    return new SearchDocumentIndex({ nodes, kind, timeoutMs, indices, insecure, caFile, observer, ...credentials })
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
