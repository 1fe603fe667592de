import { once } from 'node:events'
import { join } from 'node:path'
import { open } from 'lmdb'
import { EmbeddedDocumentIndex } from '../../../src/adapters/embedded/document-index.js'
import { ABSENT } from '../../../src/ports/document-index.js'
import type { DocumentIndex } from '../../../src/ports/document-index.js'
import { ample, container, increment } from '../../contracts/document-index/helpers.js'

/**
 * What a process of the tests does to the folder that it is given. One that was forked says `ready`, waits for a
 * message to begin, and sends what it did.
 */
export const TASKS = { count, create, flood, answer, hold } as const

/** Counts three documents up, many times at once. */
async function count (index: DocumentIndex): Promise<void> {
  const counters = Array.from({ length: 120 }, (_, n) => `counter-${n % 3}`)
  await Promise.all(counters.map(async id => { await increment(index, 'container', id) }))
}

/** Tries to create the same ids, one after the other, as every other process does; reports those that it won. */
async function create (index: DocumentIndex): Promise<void> {
  const won: string[] = []
  for (let n = 0; n < 100; n++) {
    const { outcome } = await index.put('container', `c-${n}`, container(`c-${n}`, process.pid), ABSENT, ample())
    if (outcome === 'written') won.push(`c-${n}`)
  }
  process.send?.(won)
}

/** Creates documents without end, 64 at a time, and reports each one that is acknowledged. */
async function flood (index: DocumentIndex): Promise<void> {
  let next = 0
  await Promise.all(Array.from({ length: 64 }, async () => {
    for (;;) {
      const id = `${process.pid}-${next++}`
      const { outcome } = await index.put('container', id, container(id), ABSENT, ample())
      if (outcome === 'written') process.stdout.write(`${id}\n`)
    }
  }))
}

/** Says that it listens, then answers every id that it is sent with the document of that id as it stands. */
async function answer (index: DocumentIndex): Promise<void> {
  await new Promise<void>(resolve => {
    process.on('message', (id: string) => {
      index.get('container', id, ample()).then(document => process.send?.(document ?? null), () => process.exit(1))
    })
    process.once('disconnect', resolve)
    process.send?.('listening')
  })
}

/** Takes the environment's write lock, says so, and keeps it until told otherwise. */
async function hold (_index: DocumentIndex, folder: string): Promise<void> {
  const root = open({ path: join(folder, 'catalogue.lmdb'), noSubdir: true, overlappingSync: false })
  await root.transaction(async () => {
    process.send?.('held')
    await once(process, 'message')
  })
}

if (process.argv[1] === import.meta.filename) {
  const [, , task, folder = ''] = process.argv
  const index = await EmbeddedDocumentIndex.open({ folder })
  process.send?.('ready')
  if (process.connected) await once(process, 'message')
  await TASKS[task as keyof typeof TASKS](index, folder)
  await index.close()
  if (process.connected) process.disconnect()
}
