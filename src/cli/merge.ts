import type { Command } from 'commander'
import type { Architecture } from '../domain/architecture.js'
import { printRegistered } from './container-text.js'
import { architectureList } from './named-values.js'
import { namedUrls } from './register.js'
import { serviceCommand, withService, type ServiceOptions } from './service-command.js'
import { versionOf } from './upload.js'

interface Options extends ServiceOptions {
  readonly version?: string
  readonly digest?: string
  readonly build?: string
  readonly expect?: readonly Architecture[]
  readonly ifMatch?: string
  readonly create: boolean
}

export function mergeCommand (): Command {
  return serviceCommand('merge', 'Registers images of some architectures beside those that the container has.', {
    notes: 'Any number of builds may do so at once, in any order and repeatedly.',
    examples: [
      'leporello merge container-foo:1.0 arm64=s3://bucket/foo-arm64.tar.gz',
      'leporello merge container-foo:1.0 arm64=s3://bucket/7.tar.gz \\',
      '  --build 7 --expect x86_64,arm64'
    ]
  })
    .argument('<id>', 'name of the container, with its tag')
    .argument('<url...>', 'ARCHITECTURE=URL of a tarball')
    .option('--version <text>', 'version of the images; otherwise the tag of the id')
    .option('--digest <digest>', 'the image id, as docker inspect gives it, where one image is sent')
    .option('--build <name>', 'what CI calls the build: images of two builds never stand side by side')
    .option('--expect <architectures>', 'of the whole: nothing is shown before all of them are there', architectureList)
    .option('--if-match <etag>', 'refuse unless the registration is the one that was read')
    .option('--create', 'refuse if there is a registration', false)
    .action(run)
}

async function run (id: string, urls: readonly string[], options: Options): Promise<void> {
  const { json, digest, build, expect, ifMatch, create } = options
  await withService(options, async client => {
    const images = { name: id, version: versionOf(id, options), urls: namedUrls(urls), digest, build, expect }
    printRegistered(await client.merge(images, { ifMatch, ifNoneMatch: create ? '*' : undefined }), { json })
  })
}
