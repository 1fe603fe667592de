import type { Test } from 'tap'
import { ABSENT } from '../../../src/ports/document-index.js'
import type { OpenDocumentIndex } from '../document-index.js'
import { ample, ascending, container, create, createAll, pagesOf, read, sameIds, versionOf } from './helpers.js'

const IDS: Readonly<Record<string, string>> = {
  'one byte': 'a',
  '512 bytes': 'x'.repeat(512),
  '512 bytes beyond ASCII': '\u00e9'.repeat(256),
  'a container name with a version': 'container-hello_world:release-20171103',
  spaces: ' two  words ',
  slashes: 'registry.example.org/team/image/',
  dots: '..',
  'a path that climbs': '../../_search',
  'a percent sign': '100%25',
  'a query': 'a?b=c&d#e',
  quotes: '"double" and \'single\'',
  'a backslash': 'back\\slash',
  'a line break and a tab': 'line\nbreak\ttab',
  'a leading underscore': '_all',
  'a leading minus': '-dash',
  'a leading plus': '+plus',
  commas: 'a,b,c',
  wildcards: 'a*?',
  'upper case': 'UPPER',
  'lower case': 'upper',
  'non-ASCII': 'caf\u00e9 日本語',
  'the same, decomposed': 'cafe\u0301 日本語',
  emoji: '\u{1f600}'
}

/** Every id of 1 to 512 bytes is as good as any other. */
export function ids (t: Test, open: OpenDocumentIndex): void {
  t.test('any id names its own document: created, read, replaced, listed, removed', async t => {
    const { index } = await open(t)
    for (const [name, id] of Object.entries(IDS)) {
      const version = await create(index, 'container', id)
      t.same(await index.put('container', id, '{}', ABSENT, ample()), { outcome: 'conflict' }, name)
      versionOf(await index.put('container', id, container(id, 1), version, ample()))
      t.match(await read(index, 'container', id), { id, json: container(id, 1) }, name)
    }
    await sameIds(t, index, 'container', Object.values(IDS))
    for (const id of Object.values(IDS)) {
      versionOf(await index.remove('container', id, (await read(index, 'container', id)).version, ample()))
    }
    await sameIds(t, index, 'container', [])
  })

  t.test('ids are in the order of their UTF-8 bytes, which is not the order of their UTF-16 units', async t => {
    const { index } = await open(t)
    const inOrder = ['A', 'B', '_', 'a', 'a!', 'aa', 'b', '\u00e9', '\uff5e', '\uff5e!', '\u{1f600}', '\u{1f600}!']
    await createAll(index, 'container', inOrder.toReversed())
    t.notSame(inOrder.toSorted(), inOrder, 'the two orders differ for these ids')
    t.same((await pagesOf(index.ids('container'))).flat(), inOrder)
  })

  t.test('ids of more than 256 characters stand in their place', async t => {
    const { index } = await open(t)
    const long = 'm'.repeat(300)
    const emoji = '\u{1f600}'.repeat(128)
    const inOrder = ['l', 'm', 'm'.repeat(256), 'm'.repeat(257), long, `${long}a`, `${long}b`, 'n', emoji]
    await createAll(index, 'container', inOrder.toReversed())
    t.same(ascending(inOrder), inOrder, 'the expectation itself is in order')
    for (const pageSize of [1, 2, 100]) {
      t.same((await pagesOf(index.ids('container', { pageSize }))).flat(), inOrder, `pages of ${pageSize}`)
    }
    t.same((await pagesOf(index.ids('container', { after: long }))).flat(), inOrder.slice(5), 'after a long id')
  })
}
