import { execFile } from 'node:child_process'
import { openAsBlob } from 'node:fs'
import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { temporaryFolder } from '../app.js'
import { lacking } from '../image/support/programs.js'
import { lackingRequests } from '../mozart/python.js'
import { startService } from '../service.js'
import { containersOf } from './documents.js'
import { OpenUpload } from './open-upload.js'
import { MIB } from './tarballs.js'

const NAME = 'container-refused:1.0'
const LARGE = 200 * MIB

interface Seen {
  readonly status: number
  readonly body: string
}

/** What is sent: a form with a part of that name, or the bytes alone with that query. */
interface Upload {
  readonly url: string
  readonly file: string
  readonly part?: string
}

type Client = (upload: Upload) => Promise<Seen>

const noCurl = await lacking(['curl'])

const CLIENTS: Record<string, [client: Client, skip: string | false]> = {
  curl: [upload => curl(upload), noCurl],
  'curl that does not ask first': [upload => curl(upload, '-H', 'Expect:'), noCurl],
  'fetch of Node': [fetched, false],
  'requests of Python': [requests, lackingRequests()]
}

for (const [name, [client, skip]] of Object.entries(CLIENTS)) {
  t.test(`${name}, sending 200 MiB, sees why it is refused`, { skip }, async t => {
    const { url, file } = await started(t)
    const query = `name=${NAME}&version=1.0`
    const cases: ReadonlyArray<[what: string, upload: Upload, status: number, code: string, message: RegExp]> = [
      ['no image', { url: `${url}/container/upload?${query}`, file }, 422, 'IMAGE_', /./],
      ['no name', { url: `${url}/container/upload?version=1.0`, file }, 400, 'PARAMETER_MISSING', /name must be supplied in the query/],
      ['an unknown architecture', { url: `${url}/container/upload?${query}&architecture=vax`, file }, 400, 'ARCHITECTURE_UNKNOWN', /vax/],
      ['no image in a form', { url: `${url}/container/upload`, file, part: 'amd64' }, 422, 'IMAGE_', /./],
      ['an unknown architecture in a form', { url: `${url}/container/upload`, file, part: 'vax' }, 400, 'ARCHITECTURE_UNKNOWN', /vax/]
    ]
    for (const [what, upload, status, code, message] of cases) {
      const { status: actual, body } = await client(upload)
      t.equal(actual, status, what)
      const answer = JSON.parse(body) as { message: string, result: { code: string } }
      t.ok(answer.result.code.startsWith(code), answer.result.code)
      t.match(answer.message, message)
    }
    t.same(await containersOf(url), [])
  })
}

t.test('a client that asks before it sends is refused instead', async t => {
  const { url } = await started(t, { LEPORELLO_UPLOADS: '1', LEPORELLO_UPLOAD_MAX_BYTES: '1000' })
  const first = asking(OpenUpload.put(url, NAME, EXPECT))
  await first.wanted
  const cases: ReadonlyArray<[upload: OpenUpload, status: number, code: string]> = [
    [OpenUpload.put(url, NAME, { ...EXPECT, 'content-length': '1001' }), 413, 'TOO_LARGE'],
    [OpenUpload.put(url, '', EXPECT), 400, 'PARAMETER_MISSING'],
    [OpenUpload.put(url, NAME, EXPECT, '&architecture=vax'), 400, 'ARCHITECTURE_UNKNOWN'],
    [OpenUpload.put(url, NAME, EXPECT, '&mode=append'), 400, 'PARAMETER_INVALID'],
    [OpenUpload.put(url, NAME, EXPECT, '&verify=lenient'), 403, 'LENIENT_FORBIDDEN'],
    [OpenUpload.put(url, NAME, EXPECT), 503, 'UPLOADS_BUSY'],
    [OpenUpload.emptyForm(url, EXPECT), 503, 'UPLOADS_BUSY'],
    [OpenUpload.emptyForm(url, { ...EXPECT, 'content-type': 'text/plain' }), 400, 'BODY_NOT_UNDERSTOOD']
  ]
  for (const [upload, status, code] of cases) {
    let wanted = false
    upload.wanted.then(() => { wanted = true })
    t.match(await asking(upload).answer, { status, headers: { connection: 'close' }, body: { result: { code } } })
    t.notOk(wanted, 'without having been told to go on')
  }
  first.leave()
})

const EXPECT = { expect: '100-continue' }

function asking (upload: OpenUpload): OpenUpload {
  upload.sendHeaders()
  return upload
}

async function curl ({ url, file, part }: Upload, ...more: string[]): Promise<Seen> {
  const answer = `${file}.${Math.random().toString(36).slice(2)}`
  const sent = part === undefined ? ['-T', file] : ['-F', `name=${NAME}`, '-F', 'version=1.0', '-F', `${part}=@${file}`]
  const { stdout } = await promisify(execFile)('curl', ['-sS', '-o', answer, '-w', '%{http_code}', ...more, ...sent, url])
  return { status: Number(stdout), body: await readFile(answer, 'utf8') }
}

async function fetched ({ url, file, part }: Upload): Promise<Seen> {
  const bytes = await openAsBlob(file)
  const form = new FormData()
  form.set('name', NAME)
  form.set('version', '1.0')
  form.set(part ?? '', bytes, 'image.tar')
  const answer = await fetch(url, part === undefined ? { method: 'PUT', body: bytes } : { method: 'POST', body: form })
  return { status: answer.status, body: await answer.text() }
}

const PYTHON = `
import json, sys, requests
url, file, part, name = sys.argv[1:]
with open(file, 'rb') as opened:
    if part:
        answer = requests.post(url, data={'name': name, 'version': '1.0'}, files={part: opened})
    else:
        answer = requests.put(url, data=opened)
print(json.dumps({'status': answer.status_code, 'body': answer.text}))
`

async function requests ({ url, file, part = '' }: Upload): Promise<Seen> {
  const { stdout } = await promisify(execFile)('python3', ['-c', PYTHON, url, file, part, NAME])
  return JSON.parse(stdout) as Seen
}

/** A service, and a large file that is no image from its first bytes on. */
async function started (t: Test, env: Record<string, string> = {}) {
  const folder = await temporaryFolder(t)
  const { url } = await startService(t, { LEPORELLO_DATA_DIR: folder, ...env })
  const path = join(folder, 'no-image.tar')
  const file = await open(path, 'w')
  await file.write('no image, '.repeat(1000))
  await file.truncate(LARGE)
  await file.close()
  return { url, file: path }
}
