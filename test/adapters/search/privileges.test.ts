import { readFile } from 'node:fs/promises'
import { randomUUID } from 'node:crypto'
import t from 'tap'
import { INDEX_BODIES } from '../../../src/adapters/search/mapping.js'
import { INDEX_NAMES } from '../../../src/adapters/search/options.js'
import { ABSENT, DOCUMENT_KINDS } from '../../../src/ports/document-index.js'
import { CONTAINER } from '../../app.js'
import { ample, create, pagesOf, read } from '../../contracts/document-index/helpers.js'
import { lifecycle } from '../../contracts/document-index/lifecycle.js'
import { writes } from '../../contracts/document-index/writes.js'
import { startSecuredEngine, type SecuredEngine } from '../../engines/secured-engine.js'
import { enginesUnderTest } from '../../engines/under-test.js'
import { startService } from '../../service.js'
import { openIndex, ownIndices } from './helpers.js'

interface Role {
  readonly cluster_permissions: readonly string[]
  readonly index_permissions: ReadonlyArray<{ readonly index_patterns: readonly string[], readonly allowed_actions: readonly string[] }>
}

const ROLE = JSON.parse(await readFile('docs/roles/opensearch.json', 'utf8')) as Role

/** The documented role without these privileges, for indices whose names begin like the documented ones. */
function roleWithout (...privileges: string[]): Role {
  const kept = (names: readonly string[]) => names.filter(name => !privileges.includes(name))
  return {
    cluster_permissions: kept(ROLE.cluster_permissions),
    index_permissions: ROLE.index_permissions.map(({ index_patterns: names, allowed_actions: actions }) => ({
      index_patterns: names.map(name => `${name}*`), allowed_actions: kept(actions)
    }))
  }
}

/** A user of that role and no other. */
async function userOf (engine: SecuredEngine, role: Role): Promise<{ username: string, password: string }> {
  const [username, password] = [`user-${randomUUID()}`, randomUUID()]
  for (const [path, body] of [
    [`roles/${username}`, role],
    [`internalusers/${username}`, { password, opendistro_security_roles: [username] }]
  ] as const) {
    const { status, body: said } = await engine.ask(`/_plugins/_security/api/${path}`, 'PUT', body)
    if (status !== 201) throw new Error(`${path} is answered ${status}: ${JSON.stringify(said)}`)
  }
  return { username, password }
}

if (enginesUnderTest().includes('opensearch-2')) {
  t.test('a user with the documented privileges and no other', async t => {
    const engine = await startSecuredEngine(t)
    const { url, caFile } = engine
    t.match(ROLE.index_permissions, [{ index_patterns: Object.values(INDEX_NAMES) }])

    t.test('can do what a document index promises', async t => {
      const user = await userOf(engine, roleWithout())
      for (const chapter of [writes, lifecycle]) {
        chapter(t, async t => {
          const indices = ownIndices()
          const open = () => openIndex(t, url, { indices, caFile, ...user })
          return { index: open(), again: async () => open() }
        })
      }
    })

    t.test('serves requests', async t => {
      const { username, password } = await userOf(engine, roleWithout())
      const { url: service } = await startService(t, {
        LEPORELLO_INDEX_URL: url,
        LEPORELLO_INDEX_CA: caFile,
        LEPORELLO_INDEX_USER: username,
        LEPORELLO_INDEX_PASSWORD: password
      })
      t.equal((await fetch(`${service}/health/ready`)).status, 200)
      const { name, version } = CONTAINER
      for (const [route, fields] of [['add', CONTAINER], ['merge', { name, version, architecture: 's390x', url: 's3://b/c.tar' }]] as const) {
        const body = new URLSearchParams(fields)
        t.equal((await fetch(`${service}/container/${route}`, { method: 'POST', body })).status, 200, route)
      }
      for (const route of ['list', 'search', 'report', `info?id=${name}`, `remove?id=${name}`]) {
        t.equal((await fetch(`${service}/container/${route}`)).status, 200, route)
      }
    })

    t.test('needs neither to create indices nor to ask what the engine is, where both are given', async t => {
      const user = await userOf(engine, roleWithout('create_index', 'cluster:monitor/main'))
      const indices = ownIndices()
      const asking = openIndex(t, url, { indices, caFile, ...user })
      await t.rejects(asking.get('container', 'a', ample()), { code: 'INDEX_UNAVAILABLE', message: /LEPORELLO_INDEX_KIND/ })
      const told = openIndex(t, url, { indices, caFile, kind: 'opensearch', ...user })
      t.match(await told.health(ample()), { state: 'up' })
      await t.rejects(told.put('container', 'a', '{}', ABSENT, ample()),
        { code: 'INDEX_UNAVAILABLE', message: new RegExp(`create it once with PUT /${indices.container} and the body`) })
      await engine.ask(`/${indices.container}`, 'PUT', INDEX_BODIES.container)
      await create(told, 'container', 'a')
      t.equal((await read(told, 'container', 'a')).id, 'a')
    })

    for (const privilege of ['read', 'write', 'indices:admin/refresh*', 'cluster_composite_ops']) {
      t.test(`needs ${privilege}: without it something is refused, and that is said`, async t => {
        const indices = ownIndices()
        for (const kind of DOCUMENT_KINDS) await engine.ask(`/${indices[kind]}`, 'PUT', INDEX_BODIES[kind])
        const index = openIndex(t, url, { indices, caFile, ...await userOf(engine, roleWithout(privilege)) })
        const everything = async () => {
          await Promise.all(['a', 'b'].map(id => create(index, 'container', id)))
          await index.refresh('container', ample())
          await Promise.all(['a', 'b'].map(id => read(index, 'container', id)))
          await pagesOf(index.documents('container'))
          await index.remove('container', 'a', (await read(index, 'container', 'a')).version, ample())
        }
        await t.rejects(everything(), { code: 'INDEX_UNAVAILABLE', message: /lacks a privilege .* docs\/engines\.md/ })
      })
    }

    t.test('cannot come in with a wrong password, nor to an engine whose certificate it does not trust', async t => {
      const { username } = await userOf(engine, roleWithout())
      const wrong = openIndex(t, url, { caFile, username, password: 'wrong-secret' })
      await t.rejects(wrong.get('container', 'a', ample()), { code: 'INDEX_UNAVAILABLE', message: /user and the password/ })
      const trusting = openIndex(t, url, { username, password: 'wrong-secret' })
      await t.rejects(trusting.get('container', 'a', ample()), { code: 'INDEX_UNAVAILABLE', message: /certificate/ })
    })
  })
} else {
  t.comment('privileges are tried with opensearch-2 only: npm run test:engines -- opensearch-2')
}
