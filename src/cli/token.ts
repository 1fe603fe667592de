import { createHash, randomBytes } from 'node:crypto'
import { Command } from 'commander'
import { accountFiles, changeAccountFiles, collected, grantOf, printedRules, RULES_HELP, type GrantOptions } from './accounts.js'
import { UsageError } from './exit-code.js'
import { explained } from './failure.js'
import { printJson, printTable } from './output.js'

const DAY_MS = 86_400_000

interface AddOptions extends GrantOptions {
  readonly expires?: string
}

export function tokenCommand (): Command {
  return new Command('token')
    .description('Adds, lists and revokes bearer tokens, by which programs say who they are.')
    .addCommand(new Command('add')
      .description('Makes a token, and prints it: it is not kept, only its hash.')
      .argument('<name>', 'what the token is called, also in the log')
      .option('--role <role>', 'read, write or admin', 'read')
      .option('--rule <rule>', 'what it is confined to; may be given several times', collected, [])
      .option('--expires <when>', 'a date, or a number of days such as 90d; without, it does not expire')
      .action((name: string, options: AddOptions) => explained(() => add(name, options))))
    .addCommand(new Command('list')
      .description('Lists the tokens with what they may.')
      .option('--json', 'print one JSON document', false)
      .action((options: { readonly json: boolean }) => explained(() => list(options), options)))
    .addCommand(new Command('revoke')
      .description('Takes a token away.')
      .argument('<name>')
      .action((name: string) => explained(() => revoke(name))))
    .addHelpText('after', `${RULES_HELP}

Examples:
  leporello token add foo-builds --role write --rule 'container:container-foo:*' --expires 365d
  curl -H "Authorization: Bearer $TOKEN" http://localhost:8888/container/list
  leporello token revoke foo-builds`)
}

async function add (name: string, { expires: when, ...options }: AddOptions): Promise<void> {
  const grant = grantOf(options)
  const expires = when === undefined ? undefined : expiryOf(when)
  const token = randomBytes(32).toString('base64url')
  const sha256 = createHash('sha256').update(token).digest('hex')
  const account = { ...grant, sha256, ...expires && { expires } }
  await changeAccountFiles(async files => {
    const accounts = await files.accounts()
    if (accounts.tokens.has(name)) throw new UsageError(`there is a token ${name} already: revoke it first, or call this one otherwise`)
    await files.writeAccounts({ ...accounts, tokens: new Map([...accounts.tokens, [name, account]]) })
  })
  process.stdout.write(`${token}\n`)
}

async function list ({ json }: { readonly json: boolean }): Promise<void> {
  const { tokens } = await accountFiles().accounts()
  const listed = Array.from(tokens, ([name, { sha256, ...token }]) => ({ name, ...token }))
  if (json) {
    printJson({
      tokens: listed.map(({ name, role, rules, expires = null }) =>
        ({ name, role, rules: rules.map(({ resource, pattern }) => `${resource}:${pattern}`), expires }))
    })
  } else {
    printTable(['token', 'role', 'may use', 'expires'], listed.map(token =>
      [token.name, token.role, printedRules(token), token.expires?.toISOString() ?? 'never']))
  }
}

async function revoke (name: string): Promise<void> {
  await changeAccountFiles(async files => {
    const accounts = await files.accounts()
    const tokens = new Map(accounts.tokens)
    if (!tokens.delete(name)) throw new UsageError(`there is no token ${name}`)
    await files.writeAccounts({ ...accounts, tokens })
  })
  process.stdout.write(`${name} is revoked\n`)
}

function expiryOf (when: string): Date {
  const [, days] = /^(\d{1,5})d$/.exec(when) ?? []
  const date = days === undefined ? new Date(when) : new Date(Date.now() + Number(days) * DAY_MS)
  if (Number.isNaN(date.getTime()) || date.getTime() <= Date.now()) throw new UsageError(`--expires must be a date to come, or days such as 90d, not ${when}`)
  return date
}
