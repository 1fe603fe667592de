import type { Test } from 'tap'
import { Deadline } from '../../../src/deadline.js'
import { ABSENT } from '../../../src/ports/document-index.js'
import type {
  DocumentIndex, DocumentKind, StoredDocument, Version, WriteOutcome
} from '../../../src/ports/document-index.js'

/** A deadline that no case of the contract comes near. */
export function ample (): Deadline {
  return Deadline.in(30_000)
}

/** A deadline that passes when it is told to. */
export function endable (): { readonly deadline: Deadline, readonly pass: () => void } {
  let remaining = 30_000
  const deadline = Object.create(Deadline.prototype, { remaining: { get: () => remaining } }) as Deadline
  return { deadline, pass: () => { remaining = 0 } }
}

/** A small container document. */
export function container (id: string, count = 0): string {
  return JSON.stringify({ id, version: 'v1', count })
}

/** The version of a write that has to have worked. */
export function versionOf (outcome: WriteOutcome): Version {
  if (outcome.outcome !== 'written') throw new Error(`The write ended ${outcome.outcome}`, { cause: outcome })
  return outcome.version
}

export async function create (
  index: DocumentIndex, kind: DocumentKind, id: string, json = container(id)
): Promise<Version> {
  return versionOf(await index.put(kind, id, json, ABSENT, ample()))
}

export async function createAll (index: DocumentIndex, kind: DocumentKind, ids: readonly string[]): Promise<void> {
  await Promise.all(ids.map(async id => await create(index, kind, id)))
  await index.refresh(kind, ample())
}

/** A document that has to be there. */
export async function read (index: DocumentIndex, kind: DocumentKind, id: string): Promise<StoredDocument> {
  const document = await index.get(kind, id, ample())
  if (document === undefined) throw new Error(`There is no ${kind} ${JSON.stringify(id)}`)
  return document
}

export async function pagesOf<Item> (pages: AsyncIterable<readonly Item[]>): Promise<Array<readonly Item[]>> {
  const all: Array<readonly Item[]> = []
  for await (const page of pages) all.push(page)
  return all
}

/** Counts a document's `count` up by one, again and again until a write succeeds. */
export async function increment (index: DocumentIndex, kind: DocumentKind, id: string): Promise<void> {
  for (;;) {
    const { json, version } = await read(index, kind, id)
    const { outcome } = await index.put(kind, id, container(id, countOf(json) + 1), version, ample())
    if (outcome === 'written') return
  }
}

export function countOf (json: string): number {
  return (JSON.parse(json) as { count: number }).count
}

export function ascending (ids: readonly string[]): string[] {
  return ids.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
}

/** Asserts that the ids of a kind are exactly these, in the order of their bytes. */
export async function sameIds (
  t: Test, index: DocumentIndex, kind: DocumentKind, expected: readonly string[]
): Promise<void> {
  await index.refresh(kind, ample())
  t.same((await pagesOf(index.ids(kind))).flat(), ascending(expected))
}
