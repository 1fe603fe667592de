import type { DocumentIndex } from '../ports/document-index.js'
import type { ImageStore } from '../ports/image-store.js'
import type { Metrics } from './metrics.js'
import { ObservedIndex } from './observed-index.js'
import { ObservedStore } from './observed-store.js'

/** The same backends, whose calls are counted and timed. */
export function observedBackends<T extends { readonly index: DocumentIndex, readonly images: ImageStore }> (backends: T, metrics: Metrics): T {
  return { ...backends, index: new ObservedIndex(backends.index, metrics), images: new ObservedStore(backends.images, metrics) }
}
