import { once } from 'node:events'
import { request } from 'node:https'
import { text } from 'node:stream/consumers'
import { setTimeout } from 'node:timers/promises'
import type { Test } from 'tap'
import { freePort } from './engine.js'
import { JavaEngine } from './java-engine.js'

/** An engine with users and TLS, and the way of its administrator into it. */
export interface SecuredEngine {
  readonly url: string
  /** A file with the authority for its certificate. */
  readonly caFile: string
  ask (path: string, method?: string, body?: object): Promise<{ status: number, body: any }>
}

/** OpenSearch with its own security plugin: of the engines' it is the one that Maven Central has whole. */
const LINE = { name: 'opensearch-2-security', vendor: 'opensearch', version: '2.19.1', security: '2.19.1.0' } as const

const SETTINGS = [
  ...['transport', 'http'].flatMap(layer => [
    `plugins.security.ssl.${layer}.pemcert_filepath=cert.pem`,
    `plugins.security.ssl.${layer}.pemkey_filepath=key.pem`,
    `plugins.security.ssl.${layer}.pemtrustedcas_filepath=cert.pem`
  ]),
  'plugins.security.ssl.http.enabled=true',
  'plugins.security.nodes_dn=CN=engine',
  'plugins.security.allow_default_init_securityindex=true',
  'plugins.security.restapi.roles_enabled=all_access'
]

/** Fetches it if need be, starts it, and stops it with the test. */
export async function startSecuredEngine (t: Pick<Test, 'teardown'>): Promise<SecuredEngine> {
  const engine = await JavaEngine.prepare({ ...LINE, port: await freePort(), settings: SETTINGS })
  t.teardown(() => engine.stop())
  await engine.start()
  const { url, certificate } = engine
  const ask = (path: string, method?: string, body?: object) => askAsAdministrator(url + path, method, body)
  // It listens before it knows its users.
  while ((await ask('/_cluster/health?wait_for_status=yellow')).status !== 200) await setTimeout(100)
  // Its own configuration gives some privileges to everybody.
  await ask('/_plugins/_security/api/rolesmapping/own_index', 'DELETE')
  return { url, caFile: certificate, ask }
}

async function askAsAdministrator (url: string, method = 'GET', body?: object): Promise<{ status: number, body: any }> {
  const asked = request(url, {
    method, auth: 'admin:admin', rejectUnauthorized: false, headers: { 'content-type': 'application/json' }
  })
  asked.end(body && JSON.stringify(body))
  const [answer] = await once(asked, 'response')
  const said = await text(answer)
  return { status: answer.statusCode, body: said.startsWith('{') ? JSON.parse(said) : said }
}
