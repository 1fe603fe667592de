import { EmbeddedDocumentIndex } from '../../../src/adapters/embedded/document-index.js'
import { ABSENT } from '../../../src/ports/document-index.js'
import type { DocumentIndex } from '../../../src/ports/document-index.js'
import { ample, container, increment } from '../../contracts/document-index/helpers.js'

/** What a process of the tests does to the folder that it is given; what it did goes to its parent as messages. */
export const TASKS = { count, create, flood, answer } as const

/** Counts three documents up, many times at once. */
async function count (index: DocumentIndex): Promise<void> {
  const counters = Array.from({ length: 120 }, (_, n) => `counter-${n % 3}`)
  await Promise.all(counters.map(async id => { await increment(index, 'container', id) }))
}

/** Tries to create the same ids as every other process does; reports those that it won. */
async function create (index: DocumentIndex): Promise<void> {
  const ids = Array.from({ length: 200 }, (_, n) => `c-${n}`)
  const outcomes = await Promise.all(ids.map(async id =>
    await index.put('container', id, container(id, process.pid), ABSENT, ample())))
  process.send?.(ids.filter((_, n) => outcomes[n]?.outcome === 'written'))
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

/** Answers every id that it is sent with the document of that id as it stands. */
async function answer (index: DocumentIndex): Promise<void> {
  await new Promise<void>(resolve => {
    process.on('message', (id: string) => {
      index.get('container', id, ample()).then(document => process.send?.(document ?? null), () => process.exit(1))
    })
    process.once('disconnect', resolve)
    process.send?.('ready')
  })
}

if (process.argv[1] === import.meta.filename) {
  const [, , task, folder] = process.argv
  const index = await EmbeddedDocumentIndex.open({ folder: folder! })
  await TASKS[task as keyof typeof TASKS](index)
  await index.close()
  if (process.connected) process.disconnect()
}
