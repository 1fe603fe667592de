import type { Test } from 'tap'
import type { OpenDocumentIndex } from '../document-index.js'
import { ample, container, create, createAll, endable, pagesOf, read, versionOf } from './helpers.js'

/** `prefix-00`, `prefix-01` and so on, in ascending order. */
function numbered (prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, number) => `${prefix}-${String(number).padStart(2, '0')}`)
}

/** Iteration, page by page. */
export function paging (t: Test, open: OpenDocumentIndex): void {
  t.test('a kind without documents has no page', async t => {
    const { index } = await open(t)
    await createAll(index, 'container', ['a'])
    await index.refresh('job_spec', ample())
    t.same(await pagesOf(index.ids('job_spec')), [])
    t.same(await pagesOf(index.documents('job_spec')), [])
    t.same(await pagesOf(index.ids('container', { after: 'a' })), [])
  })

  t.test('no page is empty, and none holds more than was asked for', async t => {
    const { index } = await open(t)
    const all = numbered('c', 12)
    await createAll(index, 'container', all)
    for (const pageSize of [1, 3, 5, 12, 99]) {
      const pages = await pagesOf(index.ids('container', { pageSize }))
      t.ok(pages.every(page => page.length > 0 && page.length <= pageSize), `the sizes of pages of ${pageSize} ids`)
      t.same(pages.flat(), all, `the ids of pages of ${pageSize}`)
      const documents = await pagesOf(index.documents('container', { pageSize }))
      t.ok(documents.every(page => page.length > 0 && page.length <= pageSize), `the sizes of ${pageSize} documents`)
      t.same(documents.flat().map(({ id }) => id), all, `the ids of pages of ${pageSize} documents`)
    }
  })

  t.test('iteration starts strictly after an id, whether it is there or not', async t => {
    const { index } = await open(t)
    await createAll(index, 'container', ['a', 'b', 'b b', 'c', '\u{1f600}'])
    for (const [after, expected] of [
      ['a', ['b', 'b b', 'c', '\u{1f600}']], ['b', ['b b', 'c', '\u{1f600}']], ['bb', ['c', '\u{1f600}']],
      [' ', ['a', 'b', 'b b', 'c', '\u{1f600}']], ['d', ['\u{1f600}']], ['\uff5e', ['\u{1f600}']], ['\u{1f600}', []]
    ] as const) {
      for (const pageSize of [1, 10]) {
        t.same((await pagesOf(index.ids('container', { after, pageSize }))).flat(), expected, `ids after ${after}`)
        const documents = (await pagesOf(index.documents('container', { after, pageSize }))).flat()
        t.same(documents.map(({ id }) => id), expected, `documents after ${after}`)
      }
    }
  })

  t.test('documents come with their text, and with versions to write on', async t => {
    const { index } = await open(t)
    const all = numbered('c', 5)
    await createAll(index, 'container', all)
    for (const { id, json, version } of (await pagesOf(index.documents('container', { pageSize: 2 }))).flat()) {
      t.equal(json, container(id))
      versionOf(await index.put('container', id, container(id, 1), version, ample()))
      t.equal((await read(index, 'container', id)).json, container(id, 1))
    }
  })

  t.test('large documents come in pages of some megabytes', async t => {
    const { index } = await open(t)
    const all = numbered('c', 30)
    const json = (id: string) => `{"id":"${id}","params":"${'x'.repeat(700_000)}"}`
    for (const id of all) await create(index, 'job_spec', id, json(id))
    await index.refresh('job_spec', ample())
    const pages = await pagesOf(index.documents('job_spec'))
    t.ok(pages.length >= 2 && pages.every(page => page.length <= 14), `pages of ${pages.map(page => page.length)}`)
    t.same(pages.flat().map(({ id }) => id), all)
    t.ok(pages.flat().every(document => document.json === json(document.id)))
    const read = await Promise.all(all.map(id => index.get('job_spec', id, ample())))
    t.ok(read.every((document, n) => document?.json === json(all[n]!)), 'and so do those that are asked for at once')
  })

  for (const method of ['ids', 'documents'] as const) {
    t.test(`${method}: what is there throughout appears once, while others come and go`, async t => {
      const { index } = await open(t)
      const [staying, leaving] = [numbered('stay', 20), numbered('leave', 20)]
      const seen: string[] = []
      await createAll(index, 'container', [...staying, ...leaving])
      for await (const page of index[method]('container', { pageSize: 3 })) {
        for (const item of page) seen.push(typeof item === 'string' ? item : item.id)
        const gone = leaving.pop()
        if (gone === undefined) continue
        await index.remove('container', gone, (await read(index, 'container', gone)).version, ample())
        await createAll(index, 'container', [`aaa-${gone}`, `stay-${gone}`, `zzz-${gone}`])
      }
      t.same(seen.filter(id => staying.includes(id)), staying)
      t.equal(new Set(seen).size, seen.length, 'nothing appears twice')
    })
  }

  for (const method of ['ids', 'documents'] as const) {
    t.test(`${method}: the deadline is the first page's, and later ones take what time they need`, async t => {
      const { index } = await open(t)
      const all = numbered('c', 9)
      await createAll(index, 'container', all)
      const { deadline, pass } = endable()
      const seen: string[] = []
      for await (const page of index[method]('container', { pageSize: 2, deadline })) {
        pass()
        seen.push(...page.map(item => typeof item === 'string' ? item : item.id))
      }
      t.same(seen, all)
    })
  }

  t.test('an iteration that is left early asks for nothing more, and the index goes on', async t => {
    const { index } = await open(t)
    await createAll(index, 'container', numbered('c', 6))
    const pages = index.ids('container', { pageSize: 2 })[Symbol.asyncIterator]()
    t.same(await pages.next(), { done: false, value: ['c-00', 'c-01'] })
    await pages.return?.()
    t.same(await pages.next(), { done: true, value: undefined })
    await create(index, 'container', 'd')
    t.equal((await read(index, 'container', 'd')).id, 'd')
  })

  t.test('iterations side by side do not disturb each other', async t => {
    const { index } = await open(t)
    const all = numbered('c', 9)
    await createAll(index, 'container', all)
    const runs = await Promise.all([1, 2, 4].map(async pageSize => await pagesOf(index.ids('container', { pageSize }))))
    for (const pages of runs) t.same(pages.flat(), all)
  })
}
