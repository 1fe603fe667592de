import type { AccountKind, Caller } from './caller.js'

export type Operation = 'add' | 'merge' | 'upload' | 'detach' | 'remove' | 'publish' | 'abandon' | 'expire' | 'import'

/** Who asks for a change, and how. */
export interface Author {
  readonly name: string
  /** Absent where nobody was asked who they are; `service`: a Leporello of its own accord. */
  readonly account?: AccountKind | 'service'
  /** Of the HTTP request. */
  readonly requestId?: string
  /** Where it is not what the use case is called. */
  readonly operation?: Operation
}

/** A Leporello that goes on where others have stopped. */
export const SERVICE: Author = { name: 'leporello', account: 'service' }

export function authorOf ({ name, account }: Caller, requestId: string): Author {
  return { name, ...account !== undefined && { account }, requestId }
}

/** An author of whom no more than the name is known may be that name. */
export function namedAuthor (author: Author | string): Author {
  return typeof author === 'string' ? { name: author } : author
}
