import { Command } from 'commander'
import { accountFiles, changeAccountFiles, collected, grantOf, printedRules, RULES_HELP, type GrantOptions } from './accounts.js'
import { explained } from './failure.js'
import { printJson, printTable } from './output.js'
import { askForPassword } from './password-prompt.js'
import { UsageError } from './exit-code.js'

/** As long as a password has to be. */
const SHORTEST = 8

/** A tenth of a second for whoever verifies one, and for whoever guesses. */
const COST = 10

/** Bcrypt takes no notice of what comes after. */
const LONGEST_BYTES = 72

export function userCommand (): Command {
  return new Command('user')
    .description('Adds, lists and revokes users of the service, who say who they are with a password.')
    .addCommand(new Command('add')
      .description('Adds a user, or changes password, role and rules of one; what is not given stays as it was.')
      .argument('<name>')
      .option('--role <role>', 'read, write or admin; of a new user read')
      .option('--rule <rule>', 'what the user is confined to; may be given several times', collected)
      .action((name: string, options: Partial<GrantOptions>) => explained(() => add(name, options))))
    .addCommand(new Command('list')
      .description('Lists the users with what they may.')
      .option('--json', 'print one JSON document', false)
      .action((options: { readonly json: boolean }) => explained(() => list(options), options)))
    .addCommand(new Command('revoke')
      .description('Takes a user away.')
      .argument('<name>')
      .action((name: string) => explained(() => revoke(name))))
    .addHelpText('after', `${RULES_HELP}

Examples:
  leporello user add ops --role admin
  echo $PASSWORD | leporello user add ci --role write --rule 'container:container-foo:*'
  echo $ANOTHER | leporello user add ci
  leporello user revoke ci`)
}

async function add (name: string, options: Partial<GrantOptions>): Promise<void> {
  const { role = 'read', rule = [] } = options
  const given = grantOf({ role, rule })
  if (!/^[^:\s\p{Cc}]{1,100}$/u.test(name)) throw new UsageError('a user\'s name has 1 to 100 characters, no white space and no colon')
  accountFiles()
  const password = await askForPassword()
  if (password.length < SHORTEST || Buffer.byteLength(password) > LONGEST_BYTES) {
    throw new UsageError(`a password has at least ${SHORTEST} characters, and at most ${LONGEST_BYTES} bytes`)
  }
  if (/\p{Cc}/u.test(password)) throw new UsageError('a password has no control characters: no client could send them')
  const { hash } = await import('bcryptjs')
  const hashed = await hash(password, COST)
  const grant = await changeAccountFiles(async files => {
    const [passwords, accounts] = [await files.passwords(), await files.accounts()]
    // Whoever only changes a password must not widen or take what the user may.
    const before = accounts.users.get(name) ?? given
    const grant = { role: options.role === undefined ? before.role : given.role, rules: options.rule === undefined ? before.rules : given.rules }
    // What the user may comes first: nobody can sign in with more.
    await files.writeAccounts({ ...accounts, users: new Map([...accounts.users, [name, grant]]) })
    await files.writePasswords(new Map([...passwords, [name, hashed]]))
    return grant
  })
  process.stdout.write(`${name} may ${grant.role} ${printedRules(grant)}\n`)
}

async function list ({ json }: { readonly json: boolean }): Promise<void> {
  const files = accountFiles()
  const { users } = await files.accounts()
  const listed = [...(await files.passwords()).keys()].sort().map(name => ({ name, ...users.get(name) ?? { role: 'read' as const, rules: [] } }))
  if (json) printJson({ users: listed.map(({ rules, ...user }) => ({ ...user, rules: rules.map(({ resource, pattern }) => `${resource}:${pattern}`) })) })
  else printTable(['user', 'role', 'may use'], listed.map(user => [user.name, user.role, printedRules(user)]))
}

async function revoke (name: string): Promise<void> {
  await changeAccountFiles(async files => {
    const [passwords, accounts] = [new Map(await files.passwords()), await files.accounts()]
    const users = new Map(accounts.users)
    const [hadPassword, hadGrant] = [passwords.delete(name), users.delete(name)]
    if (!hadPassword && !hadGrant) throw new UsageError(`there is no user ${name}`)
    if (hadPassword) await files.writePasswords(passwords)
    if (hadGrant) await files.writeAccounts({ ...accounts, users })
  })
  process.stdout.write(`${name} is revoked\n`)
}
