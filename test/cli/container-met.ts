import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import type { Test } from 'tap'
import { temporaryFolder } from '../app.js'

export const BIN = new URL('../../src/cli/container-met-bin.js', import.meta.url).pathname

export interface MetOptions {
  readonly cwd: string
  readonly env?: Record<string, string>
}

/** `container-met` with nothing in its environment but `env`, a PATH, an empty home, and no patience. */
export function spawnMet (args: readonly string[], { cwd, env }: MetOptions): ChildProcess {
  return spawn(process.execPath, [BIN, ...args], {
    cwd, env: { PATH: process.env['PATH'] ?? '', HOME: cwd, LEPORELLO_PATIENCE: '0', ...env }, stdio: ['ignore', 'pipe', 'pipe']
  })
}

/** What it said, and how it ended. */
export async function runMet (args: readonly string[], options: MetOptions) {
  return await outcomeOf(spawnMet(args, options))
}

export async function outcomeOf (child: ChildProcess) {
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout as NodeJS.ReadableStream), text(child.stderr as NodeJS.ReadableStream), once(child, 'exit')
  ])
  // Progress is told as well; the last line is what came of it.
  return { code, stdout, stderr, last: stderr.trim().split('\n').at(-1) ?? '' }
}

export const X86 = Buffer.from('the tarball for amd64')
export const ARM = Buffer.from('that for arm64')

/** A folder with both tarballs, and one for the tarballs to go to. */
export async function workspace (t: Test): Promise<{ cwd: string, store: string }> {
  const cwd = await temporaryFolder(t)
  await writeFile(join(cwd, 'foo.tar.gz'), X86)
  await writeFile(join(cwd, 'foo-arm64.tar.gz'), ARM)
  const store = join(cwd, 'store')
  await mkdir(store)
  return { cwd, store }
}

export interface Recorded {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

type Reaction = (response: ServerResponse, request: Recorded, count: number) => unknown

/** Answers as Mozart does, to everything. */
export const accept: Reaction = response => answer(response, 200, { success: true, message: 'added', result: 'added' })

export function answer (response: ServerResponse, status: number, body: object | string, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': typeof body === 'string' ? 'text/html' : 'application/json', ...headers })
  response.end(typeof body === 'string' ? body : JSON.stringify(body))
}

/** A server in Mozart's place on 127.0.0.1, which notes all requests and answers them as it is told. */
export async function startMozart (t: Test, react: Reaction = accept, tls?: { cert: string, key: string }) {
  const requests: Recorded[] = []
  const listener: RequestListener = (request, response) => {
    text(request).then(body => {
      const recorded = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, body }
      requests.push(recorded)
      react(response, recorded, requests.length)
    }, () => {})
  }
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const origin = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { server, requests, origin, url: `${origin}/api/v0.1` }
}

/** A certificate that nobody vouches for, for this address and perhaps for other names, and its key, in files. */
export async function selfSigned (t: Test, names: readonly string[] = []): Promise<{ certFile: string, keyFile: string }> {
  const folder = await temporaryFolder(t)
  const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  await promisify(execFile)('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=127.0.0.1',
    '-addext', ['subjectAltName=IP:127.0.0.1', ...names.map(name => `DNS:${name}`)].join(','), '-keyout', keyFile, '-out', certFile])
  return { certFile, keyFile }
}
