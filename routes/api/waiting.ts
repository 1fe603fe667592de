import type { Waiting } from '../../src/catalogue/container-changes.js'
import { pendingSet, type PendingSet } from '../../src/catalogue/pending-sets.js'
import type { Envelope, Printable } from '../../src/wire/envelope.js'

/** The answer to whoever sent images that are kept and not shown yet. */
export function waitingEnvelope (id: string, { set }: Waiting): Envelope {
  const pending = pendingSet(id, set)
  return { success: true, message: `${nameOf(pending)} waits for ${pending.missing.join(', ')}`, result: printable(pending) }
}

/** `build 7 of container-hello:1.0`, or its version. */
export function nameOf ({ id, build, version }: Pick<PendingSet, 'id' | 'build' | 'version'>): string {
  return build === null ? `version ${version} of ${id}` : `build ${build} of ${id}`
}

export function printable (pending: PendingSet): Printable {
  return { ...pending, images: pending.images.map(image => ({ ...image })) }
}
