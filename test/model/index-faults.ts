import { setTimeout } from 'node:timers/promises'
import type { Deadline } from '../../src/deadline.js'
import { ABSENT, type DocumentIndex, type DocumentKind, type Version, type WriteOutcome } from '../../src/ports/document-index.js'
import type { Random } from '../random.js'

/**
 * An index that loses some requests and answers of writes, and lets some writes land late. A late creation is left
 * out: it may come after a removal, which is the one gap that is known.
 */
export function unreliable (index: DocumentIndex, random: Random): DocumentIndex {
  return overriding(index, {
    put: (kind, id, json, expected, deadline) => {
      const write = () => index.put(kind, id, json, expected, deadline)
      return maybeLost(write, random, expected !== ABSENT)
    },
    remove: (kind, id, expected, deadline) => maybeLost(() => index.remove(kind, id, expected, deadline), random, true)
  })
}

async function maybeLost (write: () => Promise<WriteOutcome>, random: Random, mayBeLate: boolean): Promise<WriteOutcome> {
  const unknown = { outcome: 'unknown', cause: new Error('no answer') } as const
  switch (random.below(mayBeLate ? 8 : 7)) {
    case 0: return unknown
    case 1:
      await write()
      return unknown
    case 7:
      // The run may be over by then, and the index closed.
      setTimeout(random.below(20)).then(write).catch(() => {})
      return unknown
    default: return await write()
  }
}

/** An index that writes whatever it is told, whether or not the document is still what the writer read. */
export function unconditional (index: DocumentIndex): DocumentIndex {
  const blind = async (kind: DocumentKind, id: string, deadline: Deadline, write: (version: Version | typeof ABSENT) => Promise<WriteOutcome>) => {
    for (;;) {
      const current = await index.get(kind, id, deadline)
      const written = await write(current?.version ?? ABSENT)
      if (written.outcome !== 'conflict') return written
    }
  }
  return overriding(index, {
    put: (kind, id, json, _expected, deadline) => blind(kind, id, deadline, version => index.put(kind, id, json, version, deadline)),
    remove: (kind, id, expected, deadline) => blind(kind, id, deadline, version =>
      version === ABSENT ? Promise.resolve({ outcome: 'written', version: expected }) : index.remove(kind, id, version, deadline))
  })
}

function overriding (index: DocumentIndex, methods: Pick<DocumentIndex, 'put' | 'remove'>): DocumentIndex {
  return new Proxy(index, {
    get: (target, name) => {
      if (name === 'put' || name === 'remove') return methods[name]
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    }
  })
}
