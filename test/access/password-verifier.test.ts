import { hashSync } from 'bcryptjs'
import t from 'tap'
import { NO_ACCOUNTS, type Accounts } from '../../src/access/accounts.js'
import type { Passwords } from '../../src/access/htpasswd.js'
import { PasswordVerifier } from '../../src/access/password-verifier.js'
import type { WatchedFile } from '../../src/access/watched-file.js'

const USERS: ReadonlyArray<readonly [string, string]> = [['one', hashSync('1', 4)], ['two', hashSync('2', 4)]]

/** Says whose hash was looked up, which is done once for each comparison. */
class CountedPasswords extends Map<string, string> {
  readonly asked: string[] = []

  override get (user: string): string | undefined {
    this.asked.push(user)
    return super.get(user)
  }
}

function verifierOf (passwords: CountedPasswords): PasswordVerifier {
  const file = { content: async () => passwords } as unknown as WatchedFile<ReadonlyMap<string, string>>
  return new PasswordVerifier(file, async () => NO_ACCOUNTS)
}

const basic = (user: string, password: string) => ({ scheme: 'basic', user, password }) as const

t.test('a password that many send at once is looked at once', async t => {
  const passwords = new CountedPasswords(USERS)
  const verifier = verifierOf(passwords)
  const callers = await Promise.all(Array.from({ length: 20 }, () => verifier.verify(basic('one', '1'), () => {})))
  t.same(callers.map(caller => caller?.name), Array(20).fill('one'))
  t.same(passwords.asked, ['one'])
})

t.test('wrong ones among them stay wrong, and others are others', async t => {
  const passwords = new CountedPasswords(USERS)
  const verifier = verifierOf(passwords)
  const sent = [basic('one', 'x'), basic('one', '1'), basic('two', '1'), basic('two', '2'), basic('one', 'x'), basic('nobody', '1')]
  const callers = await Promise.all(sent.map(credentials => verifier.verify(credentials, () => {})))
  t.same(callers.map(caller => caller?.name), [undefined, 'one', undefined, 'two', undefined, undefined])
  t.equal(await verifier.verify(basic('one', 'x'), () => {}), undefined)
})

t.test('a user is none of the names that begin with theirs and a part of their password', async t => {
  const verifier = verifierOf(new CountedPasswords(USERS))
  // Bcrypt repeats what it is given with a NUL behind it, and looks at 72 bytes.
  const same = '1\0'.repeat(36)
  t.match(await verifier.verify(basic('one', `${same}\nx`), () => {}), { name: 'one' })
  t.equal(await verifier.verify(basic(`one\n${same}`, 'x'), () => {}), undefined)
})

t.test('a restricted user may never read more, while they are added or revoked between the readings of the two files', async t => {
  const grant = { role: 'write', rules: [{ resource: 'container', pattern: 'container-foo:*' }] } as const
  const users = (...names: string[]) => ({ ...NO_ACCOUNTS, users: new Map(names.map(name => [name, grant])) })
  const [all, none] = [new Map(USERS), new Map<string, string>()]
  const verify = async (passwords: { before: Passwords, now: Passwords }, accounts: { before: Accounts, now: Accounts }) => {
    const file = { content: async (how?: { now: boolean }) => how?.now ? passwords.now : passwords.before } as WatchedFile<Passwords>
    return await new PasswordVerifier(file, async how => how?.now ? accounts.now : accounts.before).verify(basic('one', '1'), () => {})
  }
  const added = await verify({ before: all, now: all }, { before: NO_ACCOUNTS, now: users('one') })
  t.equal(added?.may('write', 'container', 'container-foo:1'), true)
  t.equal(added?.isUnrestricted, false)
  t.equal(await verify({ before: all, now: none }, { before: NO_ACCOUNTS, now: NO_ACCOUNTS }), undefined, 'revoked')
  t.equal((await verify({ before: all, now: all }, { before: NO_ACCOUNTS, now: NO_ACCOUNTS }))?.isUnrestricted, true, 'who has never had an entry may read')
})
