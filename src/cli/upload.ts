import type { Command } from 'commander'
import { Option } from 'commander'
import type { NewUpload, Tarball, UploadProgress } from '../client/index.js'
import type { Architecture } from '../domain/architecture.js'
import { printRegistered } from './container-text.js'
import { UsageError } from './exit-code.js'
import { architectureList, namedValue, tagOf } from './named-values.js'
import { serviceCommand, withService, type ServiceOptions } from './service-command.js'
import { TransferBar } from './transfer-bar.js'

interface Options extends ServiceOptions {
  readonly version?: string
  readonly digest?: string
  readonly mode?: 'replace' | 'merge'
  readonly build?: string
  readonly expect?: readonly Architecture[]
  readonly lenient: boolean
  readonly ifMatch?: string
  readonly create: boolean
}

export function uploadCommand (): Command {
  return serviceCommand('upload', 'Stores image tarballs and registers the container with them, once each is proved to be what it says.', {
    notes: 'A tarball without ARCHITECTURE= is for whatever its image says. One of them\ncan be -, standard input.',
    examples: [
      'leporello upload container-foo:1.0 x86_64=foo.tar.gz arm64=foo-arm64.tar.gz',
      'docker save container-foo:1.0 | gzip | leporello upload container-foo:1.0 -',
      'leporello upload container-foo:1.0 foo.tar.gz \\',
      '  --build $BUILD_TAG --expect x86_64,arm64'
    ]
  })
    .argument('<id>', 'name of the container, with its tag')
    .argument('<tarball...>', '[ARCHITECTURE=]FILE, as docker, podman, skopeo or crane save it')
    .option('--version <text>', 'version of the container; otherwise the tag of the id')
    .option('--digest <digest>', 'refuse unless one of the images has it')
    .addOption(new Option('--mode <mode>', 'merge keeps the architectures that are not sent').choices(['replace', 'merge']))
    .option('--build <name>', 'what CI calls the build: images of two builds never stand side by side')
    .option('--expect <architectures>', 'of the whole: nothing is shown before all of them are there', architectureList)
    .option('--lenient', 'only warn of a wrong name or of foreign binaries, where the service allows it', false)
    .option('--if-match <etag>', 'refuse unless the registration is the one that was read')
    .option('--create', 'refuse if there is a registration', false)
    .action(run)
}

async function run (id: string, files: readonly string[], options: Options): Promise<void> {
  const { json, digest, mode, build, expect, lenient, ifMatch, create } = options
  await withService(options, async client => {
    const upload: NewUpload = {
      name: id,
      version: versionOf(id, options),
      tarballs: tarballsOf(files),
      digest,
      mode,
      build,
      expect,
      verify: lenient ? 'lenient' : undefined
    }
    const registered = await TransferBar.with(async bar => await client.upload(upload, {
      onProgress: shown(id, bar), ifMatch, ifNoneMatch: create ? '*' : undefined
    }))
    printRegistered(registered, { json })
  })
}

/** @throws UsageError when neither the options nor the id say one. */
export function versionOf (id: string, { version = tagOf(id) }: { readonly version?: string }): string {
  if (version !== undefined) return version
  throw new UsageError(`${id} has no tag to take the version from: give --version`)
}

function tarballsOf (files: readonly string[]): Tarball[] {
  const named = files.map(namedValue)
  if (named.filter(({ value }) => value === '-').length > 1) throw new UsageError('standard input can be one tarball only')
  return named.map(({ architecture, value }) => ({ architecture, source: value === '-' ? process.stdin : value }))
}

/** One bar for the whole, begun anew when the upload is. */
function shown (id: string, bar: TransferBar): (progress: UploadProgress) => void {
  let before: number | undefined
  return ({ sent, total }) => {
    if (before === undefined || sent < before) {
      bar.start('uploading', id, total)
      before = 0
    }
    bar.advance(sent - before)
    before = sent
    if (sent === total) bar.end()
  }
}
