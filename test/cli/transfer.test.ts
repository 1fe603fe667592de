import { execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmod, lstat, readdir, readFile, symlink, watch, writeFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join, relative } from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { EmbeddedDocumentIndex } from '../../src/adapters/embedded/document-index.js'
import { Deadline } from '../../src/deadline.js'
import { ABSENT, type DocumentKind } from '../../src/ports/document-index.js'
import { temporaryFolder } from '../app.js'
import { answering, startServer } from '../client/servers.js'
import { CLI, runLeporello, spawnLeporello } from '../service.js'

const CONTAINER = '{"id":"c:1","url":null,"n":12345678901234567890123,"f":1.0,"2":"b","1":"a"}'

const run = (folder: string, ...args: string[]) => runLeporello(args, { LEPORELLO_DATA_DIR: folder })

/** A catalogue with these documents, closed again. */
async function catalogue (t: Test, documents: Array<[kind: DocumentKind, id: string, json: string]>): Promise<string> {
  const folder = await temporaryFolder(t)
  const index = await EmbeddedDocumentIndex.open({ folder })
  for (const [kind, id, json] of documents) t.match(await index.put(kind, id, json, ABSENT, Deadline.in(5000)), { outcome: 'written' })
  await index.close()
  return folder
}

t.test('what is exported is imported whole, with every digit, and a second time changes nothing', async t => {
  const many = Array.from({ length: 1500 }, (_, n): [DocumentKind, string, string] => ['hysds_io', `io-${n}`, `{"id":"io-${n}"}`])
  const from = await catalogue(t, [['container', 'c:1', CONTAINER], ['job_spec', 'job:1', '{"id":"job:1"}'], ...many])
  const file = join(await temporaryFolder(t), 'catalogue.ndjson')
  const exported = await run(from, 'export', file)
  t.match(exported, { code: 0, stdout: '', stderr: 'leporello: exported 1502 documents\n' })
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n')
  t.equal(lines[0], `{"kind":"container","id":"c:1","document":${CONTAINER}}`)
  t.equal(lines.at(-1), '{"documents":1502}')

  const to = await temporaryFolder(t)
  t.match(await run(to, 'import', file), { code: 0, stderr: 'leporello: imported 1502 created\n' })
  t.match(await run(to, 'import', file), { code: 0, stderr: 'leporello: imported 1502 same\n' })
  t.equal((await run(to, 'export')).stdout, await readFile(file, 'utf8'))
})

t.test('what an import changes is in the history, and what it leaves alone is not', async t => {
  const from = await catalogue(t, [['container', 'c:1', CONTAINER], ['job_spec', 'job:1', '{"id":"job:1"}'], ['meta', 'upload:1', '{"id":"upload:1"}']])
  const file = join(from, 'catalogue.ndjson')
  await run(from, 'export', file)
  const to = await catalogue(t, [['container', 'c:1', '{"id":"c:1","url":"theirs"}']])
  await run(to, 'import', file)
  await run(to, 'import', file, '--replace')
  await run(to, 'import', file, '--replace')
  const index = await EmbeddedDocumentIndex.open({ folder: to })
  t.teardown(() => index.close())
  const { entries } = await index.changes.page('container', 'c:1', { limit: 10 }, Deadline.in(5000))
  t.match(entries.map(({ json }) => JSON.parse(json)), [{ by: userInfo().username, operation: 'import', before: { url: 'theirs' }, after: { url: null } }])
  t.equal(entries.length, 1)
  t.match(entries[0]!.json, `"after":${CONTAINER}`)
  t.equal((await index.changes.page('job_spec', 'job:1', { limit: 10 }, Deadline.in(5000))).entries.length, 1)
})

t.test('a kind can be exported alone, and an unknown one is a usage error', async t => {
  const from = await catalogue(t, [['container', 'c:1', CONTAINER], ['job_spec', 'job:1', '{"id":"job:1"}']])
  t.equal((await run(from, 'export', '--kind', 'job_spec')).stdout, '{"kind":"job_spec","id":"job:1","document":{"id":"job:1"}}\n{"documents":1}\n')
  t.match(await run(from, 'export', '--kind', 'pods'), { code: 2, stderr: /no kind pods; there are container, job_spec, hysds_io/ })
})

t.test('the counts are one JSON document for programs', async t => {
  const from = await catalogue(t, [['container', 'c:1', CONTAINER], ['container', 'c:2', CONTAINER]])
  const to = await catalogue(t, [['container', 'c:1', '{"id":"c:1","url":"theirs"}']])
  const file = join(from, 'catalogue.ndjson')
  t.same(JSON.parse((await run(from, 'export', file, '--json')).stdout), { file, documents: 2 })
  const { stdout, code } = await run(to, 'import', file, '--json')
  t.equal(code, 1)
  t.same(JSON.parse(stdout), { documents: 2, created: 1, kept: 1 })
  t.match(await run(from, 'export', '--json'), { code: 2, stdout: '', stderr: /--json goes with a file/ })
  t.match(JSON.parse((await run(to, 'import', `${file}.nosuch`, '--json')).stdout), { error: { code: 'ENOENT', status: null } })
})

t.test('a document that differs is kept and named, or replaced when told to', async t => {
  const from = await catalogue(t, [['container', 'c:1', CONTAINER], ['container', 'c:2', CONTAINER]])
  const to = await catalogue(t, [['container', 'c:1', '{"id":"c:1","url":"theirs"}']])
  const file = join(from, 'catalogue.ndjson')
  await run(from, 'export', file)
  const kept = await run(to, 'import', file)
  t.equal(kept.code, 1)
  t.match(kept.stderr, /container c:1 differs from the one that is there, which was kept\n/)
  t.match(kept.stderr, /imported 1 (?:kept, 1 created|created, 1 kept)/)
  t.match(await run(to, 'import', '--replace', file), { code: 0, stderr: /1 replaced/ })
  t.equal((await run(to, 'export')).stdout, await readFile(file, 'utf8'))
})

t.test('a file that is cut off, damaged, none of ours or not there is told of', async t => {
  const to = await temporaryFolder(t)
  const file = join(to, 'catalogue.ndjson')
  const line = `{"kind":"container","id":"c:1","document":${CONTAINER}}\n`
  const cases: Array<[content: string, message: RegExp]> = [
    [line, /the last line, which tells how many documents there are, is missing/],
    [`${line}{"documents":2}\n`, /tells of 2 documents, and there were 1/],
    [`${line}{"kind":"container","id":"c:2","docu`, /line 2: it is not valid JSON/],
    ['{"kind":"pod","id":"x","document":{}}\n', /line 1: kind must be one of/],
    ['{"kind":"container","document":{}}\n', /line 1: id must be a string/],
    ['{"kind":"container","id":"\\ud800","document":{}}\n', /line 1: id must not have half a surrogate pair/],
    ['{"kind":"container","id":"x","document":[]}\n', /line 1: document must be a JSON object/]
  ]
  for (const [content, message] of cases) {
    await writeFile(file, content)
    const { code, stderr } = await run(to, 'import', file)
    t.equal(code, 1, String(message))
    t.match(stderr, message)
    t.notMatch(stderr, /\n\s+at /)
  }
  t.match(await run(to, 'import', join(to, 'nosuch')), { code: 1, stderr: /ENOENT.*nosuch/ })
})

t.test('an export that is stopped leaves the file before it, and nothing beside it', async t => {
  const folder = await temporaryFolder(t)
  const file = join(folder, 'catalogue.ndjson')
  await writeFile(file, 'before')
  const silent = await startServer(t, request => { request.resume() })
  const env = { LEPORELLO_INDEX_URL: silent, LEPORELLO_INDEX_KIND: 'elasticsearch', LEPORELLO_INDEX_TIMEOUT_MS: '60000', LEPORELLO_DATA_DIR: folder }
  const changes = watch(folder)[Symbol.asyncIterator]()
  const begun = changes.next()
  const child = spawnLeporello(['export', file], env)
  await begun
  child.kill('SIGTERM')
  t.same(await once(child, 'exit'), [null, 'SIGTERM'])
  await changes.return?.()
  t.same(await readdir(folder), ['catalogue.ndjson'])
  t.equal(await readFile(file, 'utf8'), 'before')
})

t.test('an export to a pipe or a device goes into it, and to a link into what it leads to', async t => {
  const from = await catalogue(t, [['container', 'c:1', CONTAINER]])
  const folder = await temporaryFolder(t)
  const [pipe, link, file] = [join(folder, 'pipe'), join(folder, 'link'), join(folder, 'file')]
  await promisify(execFile)('mkfifo', [pipe])
  const [piped, { code }] = await Promise.all([readFile(pipe, 'utf8'), run(from, 'export', pipe)])
  t.equal(code, 0)
  t.match(piped, '{"documents":1}\n')
  t.ok((await lstat(pipe)).isFIFO())
  await writeFile(file, 'before')
  await symlink(file, link)
  t.match(await run(from, 'export', link), { code: 0 })
  t.equal(await readFile(file, 'utf8'), piped)
  t.ok((await lstat(link)).isSymbolicLink())
  t.same((await readdir(folder)).sort(), ['file', 'link', 'pipe'])
})

const AS_NOBODY = 'exec setpriv --reuid 54321 --regid 54321 --clear-groups env -i'

/** Where nobody else may enter the folder of the clone, it is to be had in another place. */
const SCRIPT = 'mount --make-rprivate / && mount --bind "$PWD" /mnt && cd /mnt'

/** Why nobody else can run what is here; false when they can, or have to. */
function lackingOthers (): string | false {
  const isPossible = spawnSync('unshare', ['-m', 'sh', '-c', `${SCRIPT} && ${AS_NOBODY} true`]).status === 0
  return !isPossible && process.env['CI'] === undefined && 'it takes root on Linux, unshare and setpriv'
}

t.test('a user whom the system does not know, as in containers, may import, export and ask a service', { skip: lackingOthers() }, async t => {
  const from = await catalogue(t, [['container', 'c:1', CONTAINER]])
  const [to, file] = [await temporaryFolder(t), join(from, 'catalogue.ndjson')]
  await run(from, 'export', file)
  for (const folder of [from, to]) await chmod(folder, 0o777)
  const unknown = async (env: Record<string, string>, ...args: string[]) => {
    // Without what tap tells its children by, which write where this user may not.
    const variables = Object.entries({ PATH: process.env['PATH'], ...env }).map(([name, value]) => `${name}=${value}`)
    const child = spawn('unshare', ['-m', 'sh', '-c', `${SCRIPT} && ${AS_NOBODY} "$@"`, 'sh', ...variables, process.execPath, relative('.', CLI), ...args], {
      stdio: ['ignore', 'pipe', 'pipe']
    })
    const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'close')])
    return { stderr, code }
  }
  t.match(await unknown({ LEPORELLO_DATA_DIR: to }, 'import', file), { code: 0, stderr: 'leporello: imported 1 created\n' })
  t.match(await unknown({ LEPORELLO_DATA_DIR: to }, 'export', join(from, 'other')), { code: 0 })
  const url = await startServer(t, answering(200, { success: true, message: '', result: [] }))
  t.match(await unknown({ LEPORELLO_URL: url }, 'list'), { code: 0, stderr: '' })
})

t.test('of a file that was cut off programs get one document, with what was done of it', async t => {
  const to = await temporaryFolder(t)
  const file = join(to, 'catalogue.ndjson')
  await writeFile(file, `{"kind":"container","id":"c:1","document":${CONTAINER}}\n`)
  const { stdout, code } = await run(to, 'import', file, '--json')
  t.equal(code, 1)
  t.match(JSON.parse(stdout), { error: { code: 'DOCUMENT_REFUSED', details: { documents: 1, created: 1 } } })
})

t.test('a catalogue without an id takes the other one over, and one that has one keeps it, whatever it is told', async t => {
  const from = await catalogue(t, [['container', 'c:1', CONTAINER], ['meta', 'catalogue', '{"id":"theirs"}']])
  const file = join(from, 'catalogue.ndjson')
  await run(from, 'export', file)
  const without = await temporaryFolder(t)
  t.match(await run(without, 'import', file), { code: 0, stderr: /^leporello: imported 2 created\n$/ })
  t.match(await run(without, 'import', file), { code: 0, stderr: /^leporello: imported 2 same\n$/ })
  for (const args of [[], ['--replace']]) {
    const own = await catalogue(t, [['meta', 'catalogue', '{"id":"ours"}']])
    t.match(await run(own, 'import', ...args, file), { code: 0, stderr: /has an id already and keeps it[^\n]*\nleporello: imported 1 created, 1 skipped\n$|1 skipped, 1 created/ })
    t.match((await run(own, 'export', '--kind', 'meta')).stdout, '"document":{"id":"ours"}')
  }
})

t.test('the flags of a sweep, which are about one store at one moment, stay where they are', async t => {
  const upload: [DocumentKind, string, string] = ['meta', 'upload:01M88XR1T20K9XRHM1Y2AG3T29', '{"name":"c:1","tarballs":[]}']
  const from = await catalogue(t, [upload, ['meta', 'flag:01M88XR1T20K9XRHM1Y2AG3T29/f.tar', '{"state":"deleting"}']])
  const { stdout } = await run(from, 'export')
  t.match(stdout, /"upload:01M88XR1T20K9XRHM1Y2AG3T29"/)
  t.notMatch(stdout, /flag:/)
  const file = join(from, 'flags.ndjson')
  await writeFile(file, '{"kind":"meta","id":"flag:x","document":{"state":"deleting"}}\n{"documents":1}\n')
  const to = await temporaryFolder(t)
  t.match(await run(to, 'import', file), { code: 0, stderr: 'leporello: imported 1 skipped\n' })
  t.equal((await run(to, 'export')).stdout, '{"documents":0}\n')
})

t.test('what an import names is kept from a sweep that is under way, and what it comes too late for is told', async t => {
  const place = (letter: string) => `01M88XR1T20K9XRHM1Y2AG3T2${letter}/c-1-amd64-Y2AG3T2${letter}.tar`
  const flag = (letter: string, state: string): [DocumentKind, string, string] =>
    ['meta', `flag:${place(letter)}`, JSON.stringify({ state, at: '2026-01-01T00:00:00.000Z', key: `containers/c/${place(letter)}` })]
  const into = await catalogue(t, [flag('A', 'condemned'), flag('B', 'deleting'), flag('C', 'condemned')])
  const from = await catalogue(t, [['job_spec', 'job-c:1', `{"a":"http://x/${place('A')}","b":"s3://x/${place('B')}"}`]])
  const file = join(from, 'catalogue.ndjson')
  await run(from, 'export', file)
  t.match(await run(into, 'import', file), {
    code: 0, stderr: new RegExp(`job_spec job-c:1 names containers/c/${place('B')}, which a sweep is removing from the store\n.*1 created`)
  })
  const index = await EmbeddedDocumentIndex.open({ folder: into })
  t.teardown(() => index.close())
  const left = async (letter: string) => await index.get('meta', `flag:${place(letter)}`) !== undefined
  t.same([await left('A'), await left('B'), await left('C')], [false, true, true])
})
