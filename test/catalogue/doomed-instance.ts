import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { EmbeddedDocumentIndex } from '../../src/adapters/embedded/document-index.js'
import { SearchDocumentIndex } from '../../src/adapters/search/document-index.js'
import type { DocumentIndex, DocumentKind } from '../../src/ports/document-index.js'
import type { Call } from './gated-index.js'
import { Instance } from './set-instances.js'

/** Where several processes find the same index. */
export type Address =
  | { readonly folder: string }
  | { readonly url: string, readonly indices: Record<DocumentKind, string> }

/** The write at which an instance ends. */
export interface Point extends Pick<Call, 'method' | 'kind'> {
  readonly when: 'before' | 'after'
  /** How many such writes it makes before. */
  readonly skip?: number
}

/** What an instance is doing when it ends, of build 1 where nothing else is said. */
export const WORK = {
  amd64: async (instance: Instance) => { await instance.amd64('1') },
  arm64: async (instance: Instance) => { await instance.arm64('1') },
  directBuild2: async (instance: Instance) => { await instance.direct('2') },
  addBuild2: async (instance: Instance) => { await instance.add('2-added', '2') },
  remove: async (instance: Instance) => { await instance.remove() },
  takeOver: async (instance: Instance) => { await instance.takeOver() }
} as const

export async function openAt (address: Address): Promise<DocumentIndex> {
  if ('folder' in address) return await EmbeddedDocumentIndex.open(address)
  return new SearchDocumentIndex({ nodes: [address.url], timeoutMs: 60_000, indices: address.indices })
}

/** Has a process of its own begin the work, which ends itself by SIGKILL at that point; resolves to how it ended. */
export async function killedAt (address: Address, work: keyof typeof WORK, point: Point): Promise<NodeJS.Signals | number> {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), JSON.stringify({ address, work, point })],
    { stdio: ['ignore', 'inherit', 'inherit'] })
  const [code, signal] = await once(child, 'exit') as [number, NodeJS.Signals | null]
  return signal ?? code
}

if (process.argv[1] === import.meta.filename) {
  const { address, work, point } = JSON.parse(process.argv[2]!) as { address: Address, work: keyof typeof WORK, point: Point }
  const index = await openAt(address)
  const instance = new Instance(index, { takeoverMs: 0 })
  const died = instance.gates.die(point.when, ({ method, kind }) => method === point.method && kind === point.kind, point)
  died.then(() => process.kill(process.pid, 'SIGKILL'))
  await WORK[work](instance)
  await index.close()
}
