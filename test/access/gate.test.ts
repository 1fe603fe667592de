import { appendFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { getRounds, hashSync } from 'bcryptjs'
import t, { type Test } from 'tap'
import { Comparisons } from '../../src/access/comparisons.js'
import { Gate } from '../../src/access/gate.js'
import { parseAuthorization } from '../../src/access/authorization.js'
import { parseAccounts, printAccounts } from '../../src/access/accounts.js'
import { nobodysHash, parseHtpasswd } from '../../src/access/htpasswd.js'
import { temporaryFolder } from '../app.js'
import { ACCOUNTS, accessFiles, basic, CREDENTIALS, guardedApp, sha256 } from './guarded-app.js'

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

/** A hundred wrong passwords from the address `a`, under ever new names. */
async function flood (t: Test, gate: Gate) {
  for (let n = 0; n < 100; n++) await t.rejects(gate.caller(basic(`guess ${n}`, 'wrong'), 'a'), { code: 'UNAUTHORIZED' })
}

t.test('after a hundred wrong passwords from one address, whoever they are for, none costs anything any more', async t => {
  const { gate } = await gateOf(t)
  t.match(await gate.caller(CREDENTIALS.writer, 'a'), { name: 'writer' })
  await flood(t, gate)
  for (const who of ['wrong password', 'unknown user', 'administrator'] as const) {
    await t.rejects(gate.caller(CREDENTIALS[who], 'a'), { code: 'TOO_MANY_FAILURES', retryAfterSeconds: Number }, who)
  }
  t.match(await gate.caller(CREDENTIALS.writer, 'a'), { name: 'writer' }, 'what was right a moment ago still is')
  t.match(await gate.caller(CREDENTIALS['reading token'], 'a'), { name: 'reading' })
  t.match(await gate.caller(basic('x', 'foo-token'), 'a'), { name: 'foo' }, 'a token as a password too')
  t.match(await gate.caller(CREDENTIALS.administrator, 'b'), { name: 'boss' }, 'and others come from elsewhere')
})

t.test('what was right a moment ago is not to be guessed by who is refused unseen', async t => {
  const { gate } = await gateOf(t)
  await gate.caller(CREDENTIALS.writer, 'a')
  await flood(t, gate)
  for (let n = 0; n < 10; n++) await t.rejects(gate.caller(basic('writer', `guess ${n}`), 'a'), { code: 'TOO_MANY_FAILURES' })
  await t.rejects(gate.caller(CREDENTIALS.writer, 'a'), { code: 'TOO_MANY_FAILURES' })
})

t.test('right passwords count for nothing, however many come at once', async t => {
  const { gate } = await gateOf(t)
  const callers = await Promise.all(Array.from({ length: 200 }, async () => await gate.caller(CREDENTIALS.writer, 'a')))
  t.ok(callers.every(({ name }) => name === 'writer'))
  t.match(await gate.caller(CREDENTIALS.administrator, 'a'), { name: 'boss' })
})

t.test('a clock that jumps, forth or back, neither lets through nor locks out', async t => {
  const { gate } = await gateOf(t)
  const real = { day: Date.now, passed: performance.now }
  await flood(t, gate)
  for (const jump of [3_600_000, -3_600_000, 3_600_000_000]) {
    t.capture(Date, 'now', () => real.day() + jump)
    await t.rejects(gate.caller(CREDENTIALS.administrator, 'a'), { code: 'TOO_MANY_FAILURES' }, `still, ${jump} ms later by the clock`)
    t.match(await gate.caller(CREDENTIALS.writer, `b ${jump}`), { name: 'writer' }, 'from elsewhere')
  }
  t.capture(performance, 'now', () => real.passed.call(performance) + 60_000)
  t.match(await gate.caller(CREDENTIALS.administrator, 'a'), { name: 'boss' }, 'a minute has passed, whatever the clock says')
})

t.test('more passwords at once than can be compared are refused at once, and none later', async t => {
  const comparisons = new Comparisons()
  const hash = hashSync('secret', 4)
  const answers = await Promise.allSettled(Array.from({ length: 80 }, async (_, n) => await comparisons.compare(n === 50 ? 'secret' : 'wrong', hash)))
  t.same(answers.map(({ status }) => status), [...Array(51).fill('fulfilled'), ...Array(29).fill('rejected')])
  t.match(answers[50], { value: true })
  t.match(answers[79], { reason: { code: 'OVERLOADED', retryAfterSeconds: Number } })
  t.equal(await comparisons.compare('secret', hash), true)
  await t.rejects(comparisons.compare('secret', 'no hash'.padEnd(60)))
  t.equal(await comparisons.compare('secret', hash), true, 'after one that could not be made')
})

t.test('to be nobody takes as long as to be somebody, the same time every time', async t => {
  const passwords = new Map([['a', hashSync('secret', 4)], ['b', hashSync('secret', 5)]])
  t.same([0, 1, 2, 3].map(which => getRounds(nobodysHash(passwords, which))), [4, 5, 4, 5])
  t.equal(getRounds(nobodysHash(new Map(), 7)), 10)
  t.same([...parseHtpasswd(`nobody:${nobodysHash(passwords, 0)}`).keys()], ['nobody'], 'and it is a hash')
})

t.test('a host with all its IPv6 addresses is one that fails', async t => {
  const app = await guardedApp(t)
  const status = async (user: string, remoteAddress: string) =>
    (await app.inject({ url: '/container/list', remoteAddress, headers: { authorization: basic(user, 'secret') } })).statusCode
  for (let n = 0; n < 100; n++) t.equal(await status(`guess ${n}`, `2001:db8::${n}`), 401)
  t.equal(await status('writer', '2001:db8::ffff'), 429)
  t.equal(await status('writer', '2001:db8:0:1::1'), 200)
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
  for (const start of ['$2x$10$', '$2b$03$', '$2y$32$', '$2a$99$']) t.throws(() => parseHtpasswd(`a:${start}${'a'.repeat(53)}`), { message: /^line 1 has no bcrypt hash/ }, start)
  t.throws(() => parseHtpasswd('# c\n\nno colon'), { message: /^line 3 is not of the form/ })
  t.throws(() => parseAccounts('{"users": {"a": {"role": "root"}}}'), { message: /a role is one of/ })
  t.throws(() => parseAccounts('{"users": {"a": {}}}'), { message: 'users.a has no role' })
  t.throws(() => parseAccounts('{"tokens": {"a": {"role": "read", "sha256": "x"}}}'), { message: /^tokens.a.sha256/ })
  t.throws(() => parseAccounts('{"tokens": {"a": {"role": "read", "sha256": "' + sha256('x') + '", "expires": "never"}}}'), { message: /^tokens.a.expires/ })
  t.throws(() => parseAccounts('{"users": {"a": {"role": "read", "rules": ["x"]}}}'), { message: /^a rule is one of/ })
  t.throws(() => parseAccounts('{"users": {"a": {"role": "write", "rule": ["container:a:*"]}}}'), { message: /^users.a has "rule", which says nothing here: there may be role, rules$/ })
  t.throws(() => parseAccounts('{"tokens": {"a": {"role": "read", "sha256": "' + sha256('x') + '", "expire": "2020-01-01"}}}'), { message: /^tokens.a has "expire"/ })
  t.throws(() => parseAccounts('{"user": {"a": {"role": "read", "rules": ["container:a:*"]}}}'), { message: /^the file has "user"/ })
  for (const text of ['null', '[]', '{"users": {"a": []}}']) t.throws(() => parseAccounts(text), { message: /is not an object$/ }, text)
  t.same(parseAccounts(printAccounts(parseAccounts(JSON.stringify(ACCOUNTS)))), parseAccounts(JSON.stringify(ACCOUNTS)))
})

t.test('an Authorization header is Basic or Bearer, or nothing', async t => {
  t.same(parseAuthorization('bAsIc YTpiOmM='), { scheme: 'basic', user: 'a', password: 'b:c' })
  for (const encoding of ['utf8', 'latin1'] as const) {
    t.same(parseAuthorization(`Basic ${Buffer.from('zo\u00eb:k\u00e4se', encoding).toString('base64')}`), { scheme: 'basic', user: 'zo\u00eb', password: 'k\u00e4se' }, encoding)
  }
  t.same(parseAuthorization('Bearer abc.def'), { scheme: 'bearer', token: 'abc.def' })
  for (const text of ['a\nb:c', 'a:b\n', 'a:secret\0secret', 'a:\u0085', '\x1b[2J:c']) t.equal(parseAuthorization(basic(...text.split(':') as [string, string])), undefined, JSON.stringify(text))
  for (const header of ['', 'Basic', 'Basic %%%', 'Basic OmI=', 'Bearer a b', 'Negotiate abc', 'Basic YWI=']) t.equal(parseAuthorization(header), undefined, header)
})
