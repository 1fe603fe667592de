import t from 'tap'
import type { ContainerSet, SetState } from '../../src/domain/container-sets.js'
import { mistakesInBuild, mistakesInOrder, type Build } from './builds.js'

const WHOLE = { amd64: '1-x', arm64: '1-a' }
const BUILDS = [sent('1'), sent('2'), sent('3')]

t.test('a whole build is no mistake', async t => {
  t.same(mistakesInBuild(BUILDS, '1', WHOLE), [])
})

t.test('a part of a build, two mixed builds, too much and a build of nobody are found', async t => {
  t.same(mistakesInBuild(BUILDS, '1', { amd64: '1-x' }), ['build 1 is shown with nothing for arm64, not 1-a'])
  t.same(mistakesInBuild(BUILDS, '1', { amd64: '1-x', arm64: '2-a' }), ['build 1 is shown with 2-a for arm64, not 1-a'])
  t.same(mistakesInBuild(BUILDS, '1', { ...WHOLE, s390x: '1-z' }), ['build 1 is shown with 1-z for s390x, not without it'])
  t.same(mistakesInBuild(BUILDS, '9', WHOLE), ['build 9 is shown, which nobody has sent'])
  t.same(mistakesInBuild(BUILDS, undefined, WHOLE), ['build undefined is shown, which nobody has sent'])
})

t.test('builds that are shown in order, and the last that arrived, are no mistake', async t => {
  t.same(mistakesInOrder(BUILDS, ['1', '3'], [set('1', 'published'), set('2', 'superseded'), set('3', 'published')]), [])
  t.same(mistakesInOrder([...BUILDS, sent('4', false)], ['3'], [...order(), set('4', 'waiting', ['amd64'])]), [])
})

t.test('an older build after a newer one is found', async t => {
  t.same(mistakesInOrder(BUILDS, ['1', '3', '2', '3'], order()), ['build 2 was shown after build 3'])
})

t.test('a build that arrived and is not shown, or has no place, is found', async t => {
  t.same(mistakesInOrder(BUILDS, ['1', '2'], order()), ['build 3 has arrived and is not shown'])
  t.same(mistakesInOrder(BUILDS, ['2'], order().slice(0, 2)), ['build 3 has arrived and has no place'])
  t.same(mistakesInOrder(BUILDS, ['3', '4'], order()), ['build 4 was shown and has no place', 'build 4 was shown after build 3',
    'build 1 has arrived and is not shown', 'build 2 has arrived and is not shown', 'build 3 has arrived and is not shown'])
})

t.test('a build of which every job was told to wait is found, though a later one is shown', async t => {
  const [first, ...others] = BUILDS
  const lost = { ...first!, jobs: first!.jobs.map(job => ({ ...job, registered: false })) }
  t.same(mistakesInOrder([lost, ...others], ['3'], [set('1', 'superseded'), ...order().slice(1)]), ['all of build 1 was told to wait for the rest'])
})

t.test('a set that stays complete, waits for nothing or was sent by nobody is found', async t => {
  const builds = [...BUILDS, sent('4', false)]
  t.same(mistakesInOrder(builds, ['3'], [...order(), set('4', 'complete')]), ['build 4 stays complete'])
  t.same(mistakesInOrder(builds, ['3'], [...order(), set('4', 'waiting', ['amd64', 'arm64'])]), ['build 4 waits for nothing'])
  t.same(mistakesInOrder(BUILDS, ['3'], [...order(), set('9', 'superseded')]), ['build 9 has a place, and nobody has sent it'])
})

function sent (build: string, arrived = true): Build {
  return {
    build,
    jobs: [
      { architecture: 'amd64', token: `${build}-x`, arrived: true, registered: false },
      { architecture: 'arm64', token: `${build}-a`, arrived, registered: arrived }
    ]
  }
}

function order (): ContainerSet[] {
  return [set('1', 'published'), set('2', 'published'), set('3', 'published')]
}

function set (build: string, state: SetState, waiting: string[] = []): ContainerSet {
  const images = waiting.map(architecture => ({ architecture, url: 'u', record: {}, by: 'ci', at: 'now' }))
  return { id: build, key: `build:${build}`, build, version: '1', expect: [], images, state, since: 'now' } as unknown as ContainerSet
}
