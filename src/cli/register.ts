import type { Command } from 'commander'
import { UsageError } from './exit-code.js'
import { namedValue } from './named-values.js'
import { printJson } from './output.js'
import { serviceCommand, withService, type ServiceOptions } from './service-command.js'
import { versionOf } from './upload.js'

interface Options extends ServiceOptions {
  readonly version?: string
  readonly digest: string
  readonly build?: string
  readonly ifMatch?: string
  readonly create: boolean
}

export function registerCommand (): Command {
  return serviceCommand('register', 'Registers a container whose tarballs lie somewhere already; one of the same name is replaced whole.', {
    notes: 'A url without ARCHITECTURE= is that of amd64. To keep the images of other\narchitectures, use leporello merge.',
    examples: [
      'leporello register container-foo:1.0 --digest sha256:9f8e \\',
      '  x86_64=s3://bucket/foo.tar.gz arm64=s3://bucket/foo-arm64.tar.gz',
      'leporello register container-foo:1.0 s3://bucket/foo.tar.gz --create \\',
      '  --digest $(docker inspect -f {{.Id}} container-foo:1.0)'
    ]
  })
    .argument('<id>', 'name of the container, with its tag')
    .argument('<url...>', '[ARCHITECTURE=]URL of a tarball')
    .requiredOption('--digest <digest>', 'the image id, as docker inspect gives it')
    .option('--version <text>', 'version of the container; otherwise the tag of the id')
    .option('--build <name>', 'what CI calls the build; it becomes the last one')
    .option('--if-match <etag>', 'refuse unless the registration is the one that was read')
    .option('--create', 'refuse if there is a registration', false)
    .action(run)
}

async function run (id: string, urls: readonly string[], options: Options): Promise<void> {
  const { json, digest, build, ifMatch, create } = options
  await withService(options, async client => {
    const { tag, warnings } = await client.register({ name: id, version: versionOf(id, options), digest, build, ...urlsOf(urls) },
      { ifMatch, ifNoneMatch: create ? '*' : undefined })
    for (const { message } of warnings) process.stderr.write(`leporello: warning: ${message}\n`)
    if (json) printJson({ state: 'registered', id, tag: tag ?? null, warnings })
    else process.stdout.write(`${id} is registered\n`)
  })
}

/** As `container/add` takes them. */
function urlsOf (texts: readonly string[]): { readonly url?: string, readonly urls?: Record<string, string> } {
  const named = texts.map(namedValue)
  const [url, second] = named.filter(({ architecture }) => architecture === undefined)
  if (second !== undefined) throw new UsageError('only one url can be without its architecture')
  return { ...url && { url: url.value }, ...entriesOf(named) }
}

function entriesOf (named: ReadonlyArray<ReturnType<typeof namedValue>>): { readonly urls?: Record<string, string> } {
  const entries = named.flatMap(({ architecture, value }) => architecture === undefined ? [] : [[architecture, value] as const])
  if (new Set(entries.map(([architecture]) => architecture)).size < entries.length) {
    throw new UsageError('an architecture can have one url only')
  }
  return entries.length === 0 ? {} : { urls: Object.fromEntries(entries) }
}

/** Urls that each have to say their architecture. */
export function namedUrls (texts: readonly string[]): Record<string, string> {
  const { url, urls } = urlsOf(texts)
  if (url === undefined && urls !== undefined) return urls
  throw new UsageError(`say which architecture it is for: ARCHITECTURE=${url}`)
}
