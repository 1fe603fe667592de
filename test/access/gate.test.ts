import { appendFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { hashSync } from 'bcryptjs'
import t, { type Test } from 'tap'
import { Gate } from '../../src/access/gate.js'
import { parseAuthorization } from '../../src/access/authorization.js'
import { parseAccounts, printAccounts } from '../../src/access/accounts.js'
import { parseHtpasswd } from '../../src/access/htpasswd.js'
import { temporaryFolder } from '../app.js'
import { ACCOUNTS, accessFiles, basic, CREDENTIALS, sha256 } from './guarded-app.js'

async function gateOf (t: Test, anonymousRead = false) {
  const { LEPORELLO_HTPASSWD: htpasswdFile, LEPORELLO_ACCESS: accountsFile } = await accessFiles(t)
  const troubles: string[] = []
  const gate = new Gate({ htpasswdFile, accountsFile, anonymousRead, onTrouble: (_file, { message }) => { troubles.push(message) } })
  return { gate, htpasswdFile, accountsFile, troubles }
}

/** A file is looked at once a second at most: so long it is asked again until it says what is expected. */
async function until (isSo: () => Promise<boolean>): Promise<void> {
  while (!await isSo()) await new Promise(resolve => { setImmediate(resolve) })
}

t.test('users and tokens are who they are, with what they may', async t => {
  const { gate } = await gateOf(t)
  t.match(await gate.caller(CREDENTIALS.writer, 'a'), { name: 'writer' })
  t.equal((await gate.caller(CREDENTIALS.writer, 'a')).has('write'), true)
  t.equal((await gate.caller(CREDENTIALS.reader, 'a')).has('write'), false, 'who has no entry may read')
  t.equal((await gate.caller(CREDENTIALS.administrator, 'a')).has('admin'), true)
  t.match(await gate.caller(CREDENTIALS['token for container-foo'], 'a'), { name: 'foo' })
  t.match(await gate.caller(basic('x', 'foo-token'), 'a'), { name: 'foo' }, 'a token as a password, for clients that know nothing else')
})

t.test('wrong credentials are refused, also where anybody may read', async t => {
  for (const anonymousRead of [false, true]) {
    const { gate } = await gateOf(t, anonymousRead)
    for (const who of ['malformed', 'wrong password', 'unknown user', 'wrong token', 'expired token'] as const) {
      await t.rejects(gate.caller(CREDENTIALS[who], who), { code: 'UNAUTHORIZED' }, who)
    }
    const caller = await gate.caller(undefined, 'a')
    t.equal(caller.has('read'), anonymousRead)
    t.equal(caller.has('write'), false)
  }
})

t.test('after ten wrong ones from one address for one user no more are looked at, and others are', async t => {
  const { gate } = await gateOf(t)
  for (let attempt = 0; attempt < 10; attempt++) await t.rejects(gate.caller(CREDENTIALS['wrong password'], 'a'), { code: 'UNAUTHORIZED' })
  await t.rejects(gate.caller(CREDENTIALS.writer, 'a'), { code: 'TOO_MANY_FAILURES' })
  t.match(await gate.caller(CREDENTIALS.writer, 'b'), { name: 'writer' })
  t.match(await gate.caller(CREDENTIALS.administrator, 'a'), { name: 'boss' })
})

t.test('a wrong token, sent however often, keeps no other out', async t => {
  const { gate } = await gateOf(t)
  for (let attempt = 0; attempt < 20; attempt++) await t.rejects(gate.caller(CREDENTIALS['wrong token'], 'a'), { code: 'UNAUTHORIZED' })
  t.match(await gate.caller(CREDENTIALS['reading token'], 'a'), { name: 'reading' })
})

t.test('a user that is added, and a token that is revoked, count without a restart', async t => {
  const { gate, htpasswdFile, accountsFile } = await gateOf(t)
  t.match(await gate.caller(CREDENTIALS['reading token'], 'a'), { name: 'reading' })
  await appendFile(htpasswdFile, `late:${hashSync('secret', 4)}\n`)
  await until(() => gate.caller(basic('late', 'secret'), `${Math.random()}`).then(() => true, () => false))
  const { tokens: { reading, ...tokens }, users } = ACCOUNTS
  await writeFile(`${accountsFile}.new`, JSON.stringify({ users, tokens }))
  await rename(`${accountsFile}.new`, accountsFile)
  await until(() => gate.caller(CREDENTIALS['reading token'], `${Math.random()}`).then(() => false, () => true))
  t.equal(reading.sha256, sha256('reading-token'))
})

t.test('a password that was changed counts no more, though it was right a moment before', async t => {
  const { gate, htpasswdFile } = await gateOf(t)
  t.match(await gate.caller(CREDENTIALS.writer, 'a'), { name: 'writer' })
  await writeFile(htpasswdFile, `writer:${hashSync('another', 4)}\n`)
  await until(() => gate.caller(CREDENTIALS.writer, `${Math.random()}`).then(() => false, () => true))
  t.match(await gate.caller(basic('writer', 'another'), 'a'), { name: 'writer' })
})

t.test('a file that cannot be used at the start is named, and one that breaks later still holds as it was', async t => {
  const folder = await temporaryFolder(t)
  const missing = new Gate({ htpasswdFile: join(folder, 'none'), accountsFile: undefined, anonymousRead: false, onTrouble: () => {} })
  await t.rejects(missing.check(), { message: /none cannot be used: ENOENT/ })
  const { gate, accountsFile, troubles } = await gateOf(t)
  t.match(await gate.caller(CREDENTIALS.writer, 'a'), { name: 'writer' })
  await writeFile(accountsFile, '{')
  await until(async () => {
    await gate.caller(CREDENTIALS['reading token'], 'a')
    return troubles.length > 0
  })
  t.match(troubles[0], /JSON/)
})

t.test('only bcrypt is taken, and what is wrong is named', async t => {
  t.throws(() => parseHtpasswd('a:$apr1$x$y'), { message: /^line 1 has no bcrypt hash/ })
  t.throws(() => parseHtpasswd('# c\n\nno colon'), { message: /^line 3 is not of the form/ })
  t.throws(() => parseAccounts('{"users": {"a": {"role": "root"}}}'), { message: /a role is one of/ })
  t.throws(() => parseAccounts('{"users": {"a": {}}}'), { message: 'users.a has no role' })
  t.throws(() => parseAccounts('{"tokens": {"a": {"role": "read", "sha256": "x"}}}'), { message: /^tokens.a.sha256/ })
  t.throws(() => parseAccounts('{"tokens": {"a": {"role": "read", "sha256": "' + sha256('x') + '", "expires": "never"}}}'), { message: /^tokens.a.expires/ })
  t.throws(() => parseAccounts('{"users": {"a": {"role": "read", "rules": ["x"]}}}'), { message: /^a rule is one of/ })
  t.same(parseAccounts(printAccounts(parseAccounts(JSON.stringify(ACCOUNTS)))), parseAccounts(JSON.stringify(ACCOUNTS)))
})

t.test('an Authorization header is Basic or Bearer, or nothing', async t => {
  t.same(parseAuthorization('bAsIc YTpiOmM='), { scheme: 'basic', user: 'a', password: 'b:c' })
  for (const encoding of ['utf8', 'latin1'] as const) {
    t.same(parseAuthorization(`Basic ${Buffer.from('zo\u00eb:k\u00e4se', encoding).toString('base64')}`), { scheme: 'basic', user: 'zo\u00eb', password: 'k\u00e4se' }, encoding)
  }
  t.same(parseAuthorization('Bearer abc.def'), { scheme: 'bearer', token: 'abc.def' })
  for (const header of ['', 'Basic', 'Basic %%%', 'Basic OmI=', 'Bearer a b', 'Negotiate abc', 'Basic YWI=']) t.equal(parseAuthorization(header), undefined, header)
})
