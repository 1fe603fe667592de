import type { Deadline } from '../deadline.js'
import { ContainerDocument } from '../domain/container-document.js'
import { parseDocumentId } from '../domain/document-id.js'
import { remembered } from '../domain/remembered.js'
import { resolveImage, type ResolvedImage, type Wanted } from '../domain/resolved-image.js'
import { LeporelloError } from '../errors.js'
import type { DocumentIndex } from '../ports/document-index.js'
import { inTurns } from './turns.js'

/** Where a url's tarball can be downloaded from this service; null when it is not one of ours. */
export type DownloadOf = (url: string) => Promise<string | null>

/** To take it apart costs more than all else that is done for an answer. */
const documentOf = remembered(json => ContainerDocument.parse(json))

export interface Resolved extends ResolvedImage {
  readonly download: string | null
}

/** Finds which image a worker loads, and never one of another architecture than was asked for. */
export class Resolution {
  readonly #index: DocumentIndex
  readonly #download: DownloadOf

  constructor ({ index, download }: { readonly index: DocumentIndex, readonly download: DownloadOf }) {
    this.#index = index
    this.#download = download
  }

  async resolve (id: string, wanted: Wanted, deadline: Deadline): Promise<Resolved> {
    return await this.#downloadable(resolveImage(id, await this.container(id, deadline), wanted))
  }

  /** Each id's image, or the refusal that asking for it alone would meet. Rejects where nothing could be found out. */
  async resolveAll (ids: readonly string[], wanted: Wanted, deadline: Deadline): Promise<Array<Resolved | LeporelloError>> {
    const documents = await Promise.all(ids.map(id => orAnswer(() => this.container(parseDocumentId('id', id), deadline))))
    const images: Array<ResolvedImage | LeporelloError> = []
    for await (const [at, document] of inTurns(documents)) {
      images.push(document instanceof LeporelloError ? document : await orAnswer(async () => resolveImage(ids[at]!, document, wanted)))
    }
    return await Promise.all(images.map(async image => image instanceof LeporelloError ? image : await this.#downloadable(image)))
  }

  /** Rejects with `CONTAINER_UNKNOWN` when there is none. */
  async container (id: string, deadline: Deadline): Promise<ContainerDocument> {
    const stored = await this.#index.get('container', id, deadline)
    if (stored === undefined) throw new LeporelloError('CONTAINER_UNKNOWN', `container not found: ${id}`)
    return documentOf(stored.json)
  }

  async #downloadable (image: ResolvedImage): Promise<Resolved> {
    return { ...image, download: await this.#download(image.url) }
  }
}

/** What is found, or the refusal where that says something about the one container. */
async function orAnswer<T> (find: () => Promise<T>): Promise<T | LeporelloError> {
  try {
    return await find()
  } catch (error) {
    if (error instanceof LeporelloError && isAnswer(error)) return error
    throw error
  }
}

/** Whether it says something about that one container, and not that the catalogue could not be asked. */
export function isAnswer ({ code }: LeporelloError): boolean {
  return ['CONTAINER_UNKNOWN', 'ARCHITECTURE_MISSING', 'ID_INVALID', 'FORBIDDEN'].includes(code)
}
