import { readFile } from 'node:fs/promises'
import { request } from 'node:http'
import { json } from 'node:stream/consumers'
import t from 'tap'
import { temporaryFolder } from '../app.js'
import { startService } from '../service.js'
import { containersOf, uploadRecordsIn } from '../uploads/documents.js'
import { tarballsIn, unfinishedIn } from '../uploads/folder.js'
import { tarballOf } from '../uploads/tarballs.js'
import { bombs, field, fields, form, MIB, type Body } from './bombs.js'

const REGISTRATION = { name: 'container-bomb:1.0', version: '1.0', digest: 'sha256:aa', url: 's3://b/bomb.tar.gz' }
const ROUTES = ['/container/add', '/container/merge', '/container/upload', '/api/v0.1/container/add', '/job_spec/add', '/hysds_io/add']

/** Bodies have 17 MiB at most and come one after another; as text they are twice as large, and garbage stays for a while. */
const MOST_GROWTH = 400 * MIB

/** Undefined when the service ended the connection before it took all; its answer may be lost with that. */
async function send (url: string, { type, body, headers }: Body): Promise<{ status: number, body: Record<string, unknown> } | undefined> {
  return await new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', agent: false, headers: { 'content-type': type, 'content-length': body.length, ...headers } })
    sent.on('response', response => {
      json(response).then(answer => { resolve({ status: response.statusCode ?? 0, body: answer as Record<string, unknown> }) }, reject)
    })
    sent.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE' || error.code === 'ECONNRESET') resolve(undefined)
      else reject(error)
    })
    sent.end(body)
  })
}

/** The most memory that the process has had so far. */
async function peakOf (pid: number): Promise<number> {
  return Number(/^VmHWM:\s+(\d+)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024
}

const isLinux = process.platform === 'linux'

t.test('a body that is a bomb is refused by every route that reads one, and leaves nothing', async t => {
  const folder = await temporaryFolder(t)
  // A slow machine may be behind for a while; one body that holds it up for seconds is answered with a 503.
  const service = await startService(t, { LEPORELLO_DATA_DIR: folder, LEPORELLO_OVERLOAD_MS: '2500' })
  const before = isLinux ? await peakOf(service.process.pid!) : 0
  for (const [which, bomb] of Object.entries(bombs(REGISTRATION))) {
    for (const route of ROUTES) {
      const answer = await send(`${service.url}${route}`, bomb)
      // What a body larger than any may be is refused before it is read.
      if (answer === undefined) t.ok(bomb.body.length > 16 * MIB || route.endsWith('upload'), `${route}, ${which}: ended`)
      else {
        t.ok(answer.status >= 400 && answer.status < 500, `${route}, ${which}: ${answer.status}`)
        t.match(answer.body, { success: false, message: String })
      }
    }
    t.equal((await fetch(`${service.url}/health/live`)).status, 200, `and it lives, after one ${which}`)
  }
  t.same(await containersOf(service.url), [])
  t.same([...await tarballsIn(folder), ...await unfinishedIn(folder), ...await uploadRecordsIn(folder)], [])
  t.notOk(service.log.some(({ level }) => Number(level) >= 50), 'and none of it is an error of the service')
  if (!isLinux) return t.comment('memory: not looked at, there is no /proc')
  const growth = await peakOf(service.process.pid!) - before
  t.comment(`most memory: ${Math.round(before / MIB)} MiB before, ${Math.round(growth / MIB)} MiB more after`)
  t.ok(growth < MOST_GROWTH)
})

t.test('what is only unusual is read, however much lies around it, and the first of a name counts', async t => {
  const folder = await temporaryFolder(t)
  const { url } = await startService(t, { LEPORELLO_DATA_DIR: folder })
  const rest = fields(REGISTRATION)
  const unusual = {
    'a preamble of 8 MiB': form(`${'p'.repeat(8 * MIB)}\r\n${rest}--b--\r\n`),
    'an epilogue of 8 MiB': form(`${rest}--b--\r\n${'e'.repeat(8 * MIB)}`),
    'an epilogue of other parts': form(`${rest}--b--\r\n${field('description', 'no')}--b--\r\n`),
    'a thousand repetitions': form(`${rest}${field('version', '2.0').repeat(900)}--b--\r\n`),
    'a second disposition': form(`${rest}--b\r\nContent-Disposition: form-data; name="x"\r\nContent-Disposition: form-data; name="version"\r\n\r\n3.0\r\n--b--\r\n`),
    'a boundary of 70 characters': form(`${rest}--b--\r\n`.replaceAll('--b', `--${'b'.repeat(70)}`), `multipart/form-data; boundary=${'b'.repeat(70)}`)
  }
  for (const [which, body] of Object.entries(unusual)) {
    t.match(await send(`${url}/container/add`, body), { status: 200, body: { success: true } }, which)
    t.match(await (await fetch(`${url}/container/info?id=${encodeURIComponent(REGISTRATION.name)}`)).json(), { result: { version: '1.0' } }, which)
    await fetch(`${url}/container/remove?id=${encodeURIComponent(REGISTRATION.name)}`)
  }
})

t.test('no name that a file has of its sender becomes the name of a file', async t => {
  const folder = await temporaryFolder(t)
  const { url } = await startService(t, { LEPORELLO_DATA_DIR: folder })
  const names = [
    'filename="../../../../evil.tar"', 'filename="/evil.tar"', 'filename="..\\\\..\\\\evil.tar"', 'filename="evil\0.tar"', 'filename=".."',
    'filename*=UTF-8\'\'..%2F..%2F..%2Fevil.tar', 'filename*=UTF-8\'\'evil%00.tar', 'filename="a.tar"; filename*=UTF-8\'\'%0d%0aevil.tar',
    'filename="evil.tar\r\n\tx"', `filename="${'evil'.repeat(5000)}.tar"`, 'filename="%2e%2e%2fevil.tar"'
  ]
  for (const [n, name] of names.entries()) {
    const id = `container-named:${n}`
    const head = `${fields({ name: id, version: '1.0' })}--b\r\nContent-Disposition: form-data; name="amd64"; ${name}\r\n\r\n`
    const body = Buffer.concat([Buffer.from(head, 'latin1'), tarballOf(id), Buffer.from('\r\n--b--\r\n')])
    const answer = await send(`${url}/container/upload`, { type: 'multipart/form-data; boundary=b', body })
    t.ok(answer?.status === 200 || answer?.status === 400, `${JSON.stringify(name.slice(0, 50))}: ${answer?.status} ${answer?.body['message']}`)
  }
  const stored = await tarballsIn(folder)
  t.not(stored.length, 0)
  for (const file of stored) t.notMatch(file, /evil/)
  t.same(await unfinishedIn(folder), [])
})
