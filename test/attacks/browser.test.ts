import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { CONTAINER, temporaryFolder } from '../app.js'
import { startService } from '../service.js'
import { lackingChromium, openPage } from './chromium.js'

const EVIL = 'evil.example'
const NAME = CONTAINER.name
const FIELDS = { ...CONTAINER, name: 'evil:1' }

t.test('a real browser, on the machine of a service for that machine', { skip: lackingChromium() }, async t => {
  const { url } = await startService(t, { LEPORELLO_DATA_DIR: await temporaryFolder(t) })
  const port = new URL(url).port
  const register = async () => await fetch(`${url}/container/add`, { method: 'POST', body: new URLSearchParams(CONTAINER) })
  const listed = async () => (await (await fetch(`${url}/container/list`)).json() as { result: string[] }).result
  t.equal((await register()).status, 200)
  const page = await openPage(t, EVIL)

  await t.test('a page of another site changes nothing, by no form, fetch, image or header', async t => {
    await page.open(await foreignPage(t))
    const statuses = async (calls: string[]) => await page.evaluate(`Promise.all([${calls.join()}])`)
    const body = `new URLSearchParams(${JSON.stringify(FIELDS)})`
    const answered = (options: string, path = '/container/add') => `fetch('${url}${path}', ${options}).then(answer => answer.status, () => 'refused')`
    t.same(await statuses([
      answered(`{ method: 'POST', body: ${body} }`),
      answered(`{ method: 'POST', body: ${body}, headers: { 'X-Forwarded-Host': location.host, 'X-Script-Name': '/x' } }`),
      answered(`{ method: 'POST', body: JSON.stringify(${JSON.stringify(FIELDS)}), headers: { 'content-type': 'application/json' } }`),
      answered('{ method: \'DELETE\' }', `/api/v0.2/container?id=${NAME}`),
      answered('{}', `/container/remove?id=${NAME}`),
      answered('{ method: \'PUT\', body: \'x\' }', '/container/upload?name=evil:1&version=1')
    ]), [403, 403, 403, 403, 403, 403])
    t.equal(await page.evaluate(answered(`{ method: 'POST', mode: 'no-cors', body: ${body} }`)), 0, 'opaque')
    // What needs no script: an image, and a form that is sent to a frame. Each tells when it has its answer.
    const removal = `${url}/container/remove?id=${NAME}`
    t.equal(await page.evaluate(`new Promise(resolve => {
      const image = new Image()
      image.onload = image.onerror = () => resolve('done')
      image.src = '${removal}'
    })`), 'done')
    for (const [method, action] of [['POST', `${url}/container/add`], ['GET', `${url}/container/remove`]] as const) {
      const fields = method === 'POST' ? FIELDS : { id: NAME }
      t.equal(await page.evaluate(`new Promise(resolve => {
        const frame = Object.assign(document.createElement('iframe'), { name: 'to${method}' })
        const form = Object.assign(document.createElement('form'), { method: '${method}', action: '${action}', target: 'to${method}' })
        for (const [name, value] of Object.entries(${JSON.stringify(fields)})) form.append(Object.assign(document.createElement('input'), { name, value }))
        document.body.append(frame, form)
        frame.onload = () => resolve('done')
        form.submit()
      })`), 'done')
    }
    t.same(await listed(), [NAME])
  })

  await t.test('a page of another site cannot do it by going there either', async t => {
    await page.open(await foreignPage(t))
    await page.evaluate(`{ const link = Object.assign(document.createElement('a'), { href: '${url}/container/remove?id=${NAME}' }); document.body.append(link); setTimeout(() => link.click()) }`)
    // The page that the link leads to says what became of it.
    let said = ''
    while (!said.includes('"success"')) said = await page.evaluate('document.body ? document.body.innerText : ""').catch(() => '')
    t.match(said, /a page of another site may not change the catalogue/)
    t.same(await listed(), [NAME])
  })

  await t.test('a page whose name has been led to this machine neither reads nor changes', async t => {
    await page.open(`http://${EVIL}:${port}/container/list`)
    t.match(await page.evaluate('document.body.innerText'), /"success": false, "message": "this service is for this machine/)
    const headers = ['{}', '{ "X-Forwarded-Host": "localhost" }', '{ "X-Forwarded-Host": "127.0.0.1:8888", "X-Forwarded-For": "127.0.0.1" }', '{ "X-Script-Name": "/x" }']
    for (const [path, method] of [['/container/list', 'GET'], [`/container/remove?id=${NAME}`, 'GET'], ['/container/add', 'POST'], ['/health/ready', 'GET'], ['/api/v0.1/doc/', 'GET']]) {
      const body = method === 'POST' ? `, body: new URLSearchParams(${JSON.stringify(FIELDS)})` : ''
      for (const sent of headers) {
        const answer = await page.evaluate(`fetch('${path}', { method: '${method}', headers: ${sent}${body} }).then(async answer => [answer.status, await answer.text()])`)
        t.equal(answer[0], 403, `${method} ${path} ${sent}`)
        t.notMatch(answer[1], NAME)
      }
    }
    t.same(await listed(), [NAME])
  })

  await t.test('the documentation works, its own page may change, and nothing is complained of', async t => {
    const before = page.complaints.length
    await page.open(`${url}/api/v0.1/doc/`)
    await page.evaluate(until('document.querySelectorAll(".opblock").length > 10'))
    await page.evaluate('document.querySelector("#operations-container-getContainer .opblock-summary-control, [id$=getContainer] .opblock-summary-control").click()')
    await page.evaluate(until('document.querySelector("[id$=getContainer] .try-out__btn")'))
    await page.evaluate('document.querySelector("[id$=getContainer] .try-out__btn").click()')
    await page.evaluate(until('document.querySelector("[id$=getContainer] .execute")'))
    await page.evaluate('document.querySelector("[id$=getContainer] .execute").click()')
    await page.evaluate(until('document.querySelector("[id$=getContainer] .live-responses-table .response-col_status")'))
    t.match(await page.evaluate('document.querySelector("[id$=getContainer] .live-responses-table").innerText'), new RegExp(`200[^]*"id": "${NAME}"`))
    const body = JSON.stringify({ ...CONTAINER, name: 'own:1' })
    t.equal(await page.evaluate(`fetch('/container/add', { method: 'POST', headers: { 'content-type': 'application/json' }, body: ${JSON.stringify(body)} }).then(answer => answer.status)`), 200)
    t.same(await listed(), [NAME, 'own:1'])
    t.same(page.complaints.slice(before), [])
  })
})

t.test('a real browser that reaches a service of the network over http', { skip: lackingChromium() }, async t => {
  const { url } = await startService(t, { LEPORELLO_DATA_DIR: await temporaryFolder(t), LEPORELLO_HOST: '0.0.0.0' })
  const own = `http://leporello.example:${new URL(url).port}`
  const local = `http://127.0.0.1:${new URL(url).port}`
  const listed = async () => (await (await fetch(`${local}/container/list`)).json() as { result: string[] }).result
  t.equal((await fetch(`${local}/container/add`, { method: 'POST', body: new URLSearchParams(CONTAINER) })).status, 200)
  const page = await openPage(t, '*.example')
  await page.open(await foreignPage(t))
  for (const policy of ['no-referrer', 'unsafe-url']) {
    await page.evaluate(`new Promise(resolve => {
      const image = Object.assign(new Image(), { referrerPolicy: '${policy}', onload: resolve, onerror: () => resolve() })
      image.src = '${own}/container/remove?id=${NAME}'
    })`)
    t.same(await listed(), [NAME], policy)
  }
  await page.open(`${own}/api/v0.1/doc/`)
  t.equal(await page.evaluate(`fetch('/container/remove?id=${NAME}').then(answer => answer.status)`), 200, 'its own page may')
})

/** A promise, in the page, of an expression being true. */
function until (expression: string): string {
  return `new Promise(resolve => {
    const look = () => (${expression}) ? resolve(true) : requestAnimationFrame(look)
    look()
  })`
}

/** The address of a page of nobody's, at another name and port. */
async function foreignPage (t: Test): Promise<string> {
  const server = createServer((_request, response) => { response.setHeader('content-type', 'text/html').end('<!DOCTYPE html><title>evil</title><body>hello') })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.closeAllConnections(); server.close() })
  return `http://${EVIL}:${(server.address() as AddressInfo).port}/`
}
