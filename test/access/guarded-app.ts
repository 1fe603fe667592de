import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { hashSync } from 'bcryptjs'
import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import { testApp, temporaryFolder } from '../app.js'

/** Who there is: a user and a token of each role, a token for some containers only, and one that has expired. */
export const ACCOUNTS = {
  users: { writer: { role: 'write' }, boss: { role: 'admin' } },
  tokens: {
    reading: { sha256: sha256('reading-token'), role: 'read' },
    foo: { sha256: sha256('foo-token'), role: 'write', rules: ['container:container-foo:*'] },
    old: { sha256: sha256('old-token'), role: 'admin', expires: '2020-01-01T00:00:00Z' }
  }
}

export const CREDENTIALS = {
  none: undefined,
  malformed: 'Digest username="writer"',
  'wrong password': basic('writer', 'wrong'),
  'unknown user': basic('nobody', 'secret'),
  'wrong token': 'Bearer no-such-token',
  'expired token': 'Bearer old-token',
  reader: basic('reader', 'secret'),
  'reading token': 'Bearer reading-token',
  writer: basic('writer', 'secret'),
  'token for container-foo': 'Bearer foo-token',
  administrator: basic('boss', 'secret')
} as const

/** A service that asks everybody who they are. */
export async function guardedApp (t: Test, env: Record<string, string> = {}): Promise<FastifyInstance> {
  return await testApp(t, { env: { ...await accessFiles(t), ...env } })
}

/** The variables of a service that asks, with files of the test's own. */
export async function accessFiles (t: Test): Promise<{ LEPORELLO_HTPASSWD: string, LEPORELLO_ACCESS: string }> {
  const folder = await temporaryFolder(t)
  const files = { LEPORELLO_HTPASSWD: join(folder, 'htpasswd'), LEPORELLO_ACCESS: join(folder, 'access.json') }
  const hash = hashSync('secret', 4)
  await writeFile(files.LEPORELLO_HTPASSWD, ['reader', 'writer', 'boss'].map(user => `${user}:${hash}\n`).join(''))
  await writeFile(files.LEPORELLO_ACCESS, JSON.stringify(ACCOUNTS))
  return files
}

export function basic (user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}

export function sha256 (token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
