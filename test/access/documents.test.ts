import { writeFile } from 'node:fs/promises'
import t from 'tap'
import { form, testApp } from '../app.js'
import { ACCOUNTS, accessFiles, CREDENTIALS, guardedApp, sha256 } from './guarded-app.js'

const FOO = { authorization: CREDENTIALS['token for container-foo'] }
const WRITER = { authorization: CREDENTIALS.writer }

t.test('whoever has a rule sees, finds and changes what it covers, and hears nothing of the rest', async t => {
  const app = await guardedApp(t)
  const add = async (name: string, headers: { authorization: string }) => {
    const { payload, headers: type } = form({ name, version: '1', digest: 'd', url: `s3://b/${encodeURIComponent(name)}.tar` })
    return await app.inject({ method: 'POST', url: '/container/add', payload, headers: { ...type, ...headers } })
  }
  t.equal((await add('container-bar:1', WRITER)).statusCode, 200)
  t.equal((await add('container-foo:1', FOO)).statusCode, 200)
  t.equal((await add('container-bar:1', FOO)).statusCode, 403)

  const get = async (url: string) => (await app.inject({ url, headers: FOO })).json()
  t.same((await get('/container/list')).result, ['container-foo:1'])
  t.same((await get('/container/search')).result.containers.map(({ id }: { id: string }) => id), ['container-foo:1'])
  t.equal((await get('/container/report')).result.containers, 1)
  t.match((await get('/container/info?id=container-foo:1')).result, { id: 'container-foo:1', updated_by: 'foo' })
  const batch = await app.inject({ method: 'POST', url: '/container/resolve', headers: FOO, payload: { ids: ['container-foo:1', 'container-bar:1'], arch: 'amd64' } })
  t.match(batch.json().result, [{ success: true }, { success: false, result: { code: 'FORBIDDEN' } }])
  for (const [id, build] of [['container-bar:1', '1'], ['container-foo:1', '2']]) {
    const { payload, headers } = form({ name: id!, version: '1', architecture: 'arm64', url: 's3://b/x.tar', build: build!, expect: 'arm64,amd64' })
    t.equal((await app.inject({ method: 'POST', url: '/container/merge', payload, headers: { ...headers, ...WRITER } })).statusCode, 202)
  }
  t.same((await get('/container/pending')).result.map(({ id }: { id: string }) => id), ['container-foo:1'])
})

t.test('the history of a name is for whoever may read it, and says who made a change, user or token', async t => {
  const app = await guardedApp(t)
  for (const [name, headers] of [['container-foo:1', FOO], ['container-foo:1', WRITER], ['container-bar:1', WRITER]] as const) {
    const { payload, headers: type } = form({ name, version: headers.authorization, digest: 'd', url: 's3://b/x.tar' })
    await app.inject({ method: 'POST', url: '/container/add', payload, headers: { ...type, ...headers } })
  }
  const history = async (id: string, headers: { authorization: string }) => await app.inject({ url: `/container/history?id=${id}`, headers })
  t.match((await history('container-foo:1', FOO)).json().result.changes, [{ by: 'writer', account: 'user' }, { by: 'foo', account: 'token' }])
  const refused = await history('container-bar:1', FOO)
  t.equal(refused.statusCode, 403)
  t.notMatch(refused.payload, /writer/)
  t.equal((await history('container-unknown:1', FOO)).statusCode, 403, 'nor is told that there is nothing')
  t.equal((await app.inject({ url: '/job_spec/history?id=job-foo:1', headers: FOO })).statusCode, 403)
})

t.test('a name in the body counts, whatever the query says', async t => {
  const app = await guardedApp(t)
  const { payload, headers } = form({ name: 'container-bar:1', version: '1', digest: 'd', url: 's3://b/x.tar' })
  const answer = await app.inject({ method: 'POST', url: '/container/add?name=container-foo:1', payload, headers: { ...headers, ...FOO } })
  t.equal(answer.statusCode, 403)
})

t.test('a job specification does not show images that may not be read', async t => {
  const app = await guardedApp(t)
  const spec = { id: 'job-x:1', container: 'container-bar:1' }
  await app.inject({ method: 'POST', url: '/job_spec/add', headers: WRITER, payload: { spec } })
  t.equal((await app.inject({ url: '/job_spec/resolve?id=job-x:1', headers: FOO })).statusCode, 403)
})

t.test('what may not be read is told as what is not there would be, in a job, a page, a batch and by every condition', async t => {
  const token = 'jobs-token'
  const files = await accessFiles(t)
  const jobs = { sha256: sha256(token), role: 'write', rules: ['container:container-foo:*', 'job_spec:job-*'] }
  await writeFile(files.LEPORELLO_ACCESS, JSON.stringify({ ...ACCOUNTS, tokens: { ...ACCOUNTS.tokens, jobs } }))
  const app = await testApp(t, { env: files })
  const JOBS = { authorization: `Bearer ${token}` }
  const ids = ['container-a:1', 'container-bar:1', 'container-foo:1', 'container-foo:2', 'container-z:1']
  for (const name of ids) {
    const { payload, headers } = form({ name, version: '1', digest: 'd', url: `s3://secret-${encodeURIComponent(name)}/x.tar` })
    t.equal((await app.inject({ method: 'POST', url: '/container/add', payload, headers: { ...headers, ...WRITER } })).statusCode, 200)
  }
  const asked = async (url: string, more: object = {}) => await app.inject({ url, headers: JOBS, ...more })

  const answers = []
  for (const name of ['container-bar:1', 'container-none:1']) {
    const spec = { id: 'job-x:1', container: 'container-foo:1', dependency_images: [{ container_image_name: name }] }
    t.equal((await asked('/job_spec/add', { method: 'POST', payload: { spec } })).statusCode, 200)
    const { statusCode, payload } = await asked('/job_spec/resolve?id=job-x:1&arch=amd64')
    t.notMatch(payload, /secret-/)
    answers.push([statusCode, payload.replaceAll(name, 'NAME')])
    for (const headers of [{ 'if-match': '"x"' }, { 'if-none-match': '*' }, {}] as Array<Record<string, string>>) {
      for (const [method, url] of [['GET', `/container/remove?id=${name}`], ['DELETE', `/container?id=${name}`], ['POST', `/container/add?name=${name}&version=1&digest=d&url=x`],
        ['POST', `/container/merge?name=${name}&version=1&architecture=arm64&url=x`], ['POST', `/container/detach?id=${name}&architecture=amd64`],
        ['POST', `/container/abandon?id=${name}&build=1`], ['GET', `/container/info?id=${name}`], ['GET', `/container/pending?id=${name}`]] as const) {
        const answer = await app.inject({ method, url, headers: { ...JOBS, ...headers } })
        t.strictSame([answer.statusCode, answer.headers['etag']], [403, undefined], `${method} ${url}`)
      }
    }
  }
  t.strictSame(answers[0], answers[1])

  const seen: string[] = []
  let after: string | null = ''
  while (after !== null) {
    const { result }: { result: { containers: Array<{ id: string }>, after: string | null } } = (await asked(`/container/search?size=1&after=${after}`)).json()
    seen.push(...result.containers.map(({ id }) => id), ...result.after === null ? [] : [`after ${result.after}`])
    after = result.after
  }
  t.strictSame(seen, ['container-foo:1', 'after container-foo:1', 'container-foo:2', 'after container-foo:2'])
  t.match((await asked('/container/report')).json().result, { containers: 2, legacy: { count: Number } })
})

t.test('who asks first how to say who they are is told', async t => {
  const app = await guardedApp(t)
  const answer = await app.inject('/container/list')
  t.equal(answer.headers['www-authenticate'], 'Basic realm="leporello", charset="UTF-8"')
  t.match(answer.json(), { success: false })
})

t.test('where reading is free, writing is not', async t => {
  const app = await guardedApp(t, { LEPORELLO_ANONYMOUS_READ: '1' })
  t.equal((await app.inject('/container/list')).statusCode, 200)
  t.equal((await app.inject('/container/remove?id=x')).statusCode, 403)
  t.equal((await app.inject({ url: '/container/list', headers: { authorization: CREDENTIALS['wrong token'] } })).statusCode, 401)
})
