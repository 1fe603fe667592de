import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import t from 'tap'
import { EmbeddedDocumentIndex } from '../../../src/adapters/embedded/document-index.js'
import { Deadline } from '../../../src/deadline.js'
import { ABSENT } from '../../../src/ports/document-index.js'
import type { StoredDocument } from '../../../src/ports/document-index.js'
import {
  ample, container, countOf, create, pagesOf, read, sameIds, versionOf
} from '../../contracts/document-index/helpers.js'
import type { TASKS } from './writer.js'

const PROCESSES = 4

/** Starts a process that has the folder open and waits to be told to begin. */
async function start (t: Test, task: keyof typeof TASKS, folder: string): Promise<ChildProcess> {
  const child = fork(fileURLToPath(new URL('writer.js', import.meta.url)), [task, folder], { execArgv: [] })
  t.teardown(() => child.kill('SIGKILL'))
  await once(child, 'message')
  return child
}

/** Runs a task in several processes at once; resolves to what they reported, when all have ended well. */
async function together (t: Test, task: keyof typeof TASKS, folder: string): Promise<unknown[]> {
  const reports: unknown[] = []
  const children = await Promise.all(Array.from({ length: PROCESSES }, async () => await start(t, task, folder)))
  const codes = await Promise.all(children.map(async child => {
    child.on('message', report => reports.push(report))
    child.send('go')
    return (await once(child, 'exit'))[0] as unknown
  }))
  t.same(codes, Array(PROCESSES).fill(0))
  return reports
}

async function open (t: Test, folder: string): Promise<EmbeddedDocumentIndex> {
  const index = await EmbeddedDocumentIndex.open({ folder })
  t.teardown(async () => { await index.close() })
  return index
}

t.test('of the increments of several processes none is lost', async t => {
  const folder = t.testdir()
  const index = await open(t, folder)
  const counters = ['counter-0', 'counter-1', 'counter-2']
  const first = await Promise.all(counters.map(async id => await create(index, 'container', id)))
  await together(t, 'count', folder)
  const documents = await Promise.all(counters.map(async id => await read(index, 'container', id)))
  t.same(documents.map(({ json }) => countOf(json)), Array(3).fill(PROCESSES * 40))
  const last = Math.max(...documents.map(({ version }) => Number(version)))
  t.equal(last - Math.max(...first.map(Number)), PROCESSES * 120, 'every write has a version of its own')
})

t.test('of the creations of one id by several processes exactly one is written', async t => {
  const folder = t.testdir()
  const won = (await together(t, 'create', folder) as string[][]).flat()
  t.equal(won.length, 100)
  const index = await open(t, folder)
  await sameIds(t, index, 'container', won)
  const versions = (await pagesOf(index.documents('container'))).flat().map(({ version }) => version)
  t.equal(new Set(versions).size, 100)
})

t.test('a process reads at once what another had acknowledged', async t => {
  const folder = t.testdir()
  const index = await open(t, folder)
  const other = await start(t, 'answer', folder)
  const elsewhere = async (message: string): Promise<unknown> => {
    const answer = once(other, 'message')
    other.send(message)
    return (await answer)[0]
  }
  t.equal(await elsewhere('go'), 'listening')
  t.equal(await elsewhere('a'), null)
  let expected: StoredDocument | undefined
  for (let count = 0; count < 200; count++) {
    const json = container('a', count)
    const version = versionOf(await index.put('container', 'a', json, expected?.version ?? ABSENT, ample()))
    expected = { id: 'a', json, version }
    t.strictSame(await elsewhere('a'), expected)
  }
})

t.test('a write that waits for another process past its deadline never happens, and reads do not wait', async t => {
  const folder = t.testdir()
  const index = await open(t, folder)
  await create(index, 'container', 'there')
  const holder = await start(t, 'hold', folder)
  const held = once(holder, 'message')
  holder.send('go')
  await held

  const write = index.put('container', 'a', container('a'), ABSENT, Deadline.in(100))
  t.equal((await read(index, 'container', 'there')).id, 'there')
  await t.rejects(write, { code: 'INDEX_UNAVAILABLE', retryAfterSeconds: 1 })
  holder.send('release')
  await create(index, 'container', 'b')
  await sameIds(t, index, 'container', ['b', 'there'])
})
