import { machine } from 'node:os'
import { Option, type Command } from 'commander'
import { parseArchitecture, type Architecture } from '../domain/architecture.js'
import type { Engine } from '../load/engine.js'
import type { LoadMeans } from '../load/image-loader.js'
import { architectureList, architectureOf } from './named-values.js'
import { printJson } from './output.js'
import { serviceCommand, withService, type ServiceOptions } from './service-command.js'
import { TransferBar } from './transfer-bar.js'

interface Options extends ServiceOptions {
  readonly engine?: string
  readonly arch?: Architecture
  readonly fallback?: readonly Architecture[]
  readonly cache?: string
  readonly fetchOnly: boolean
}

const STATES = {
  present: 'is there already',
  tagged: 'was there under another name',
  loaded: 'is loaded'
}

export function loadCommand (): Command {
  return serviceCommand('load', 'Brings the image that this machine can run into docker or podman, proved to be the registered one.', {
    notes: `Nothing is done when the engine holds that very image under that name. Any number
may run at once on a host: one downloads, the others wait. What breaks off is
taken up again, by the next one if this one dies.`,
    examples: [
      'leporello load container-foo:1.0',
      'leporello load container-foo:1.0 --engine podman --json',
      'docker load -i "$(leporello load container-foo:1.0 --fetch-only)"'
    ]
  })
    .argument('<id>', 'name of the container, with its tag')
    .addOption(new Option('--engine <program>', 'docker or podman, or the path of one; otherwise the one that answers').env('LEPORELLO_ENGINE'))
    .option('--arch <architecture>', 'otherwise the one that the engine runs', architectureOf)
    .option('--fallback <architectures>', 'others that will do when there is none for it', architectureList)
    .addOption(new Option('--cache <folder>', 'of downloads; otherwise leporello in $XDG_CACHE_HOME or ~/.cache').env('LEPORELLO_CACHE'))
    .option('--fetch-only', 'leave the tarball in the cache, print its path and load nothing', false)
    .action(run)
}

async function run (id: string, options: Options): Promise<void> {
  await withService(options, async client => {
    const [{ Cache }, { Engine }] = await Promise.all([import('../load/cache.js'), import('../load/engine.js')])
    const print = await TransferBar.with(async bar => {
      const means = { client, cache: new Cache(options.cache), watcher: watcher(id, bar) }
      return options.fetchOnly
        ? await fetchOnly(id, options, means)
        : await load(id, options, await Engine.find(options.engine), means)
    })
    print()
  })
}

/** Gives what prints the outcome, when the bar is gone. */
async function load (id: string, { arch, fallback = [], json }: Options, engine: Engine, means: LoadMeans): Promise<() => void> {
  const { ImageLoader } = await import('../load/image-loader.js')
  const { state, image, held } = await new ImageLoader(engine, means).load({ id, architecture: arch ?? engine.architecture, fallback })
  const { architecture, version } = image
  return () => {
    if (json) printJson({ state, id, version, architecture, image_id: held.id, engine: engine.program })
    else process.stdout.write(`${id} for ${architecture} ${STATES[state]} (${engine.program}, ${held.id})\n`)
  }
}

async function fetchOnly (id: string, { arch, fallback = [], json, engine }: Options, means: LoadMeans): Promise<() => void> {
  const { TarballFetcher } = await import('../load/image-loader.js')
  const { path, sha256, image: { architecture, version } } = await new TarballFetcher(means)
    .fetch({ id, architecture: arch ?? await architectureOfHost(engine), fallback })
  return () => {
    if (json) printJson({ state: 'fetched', id, version, architecture, sha256, path })
    else process.stdout.write(`${path}\n`)
  }
}

/** What an engine of this host runs, or else what its kernel says: there need be none. */
async function architectureOfHost (named: string | undefined): Promise<Architecture> {
  const { Engine } = await import('../load/engine.js')
  return await Engine.find(named).then(({ architecture }) => architecture, () => parseArchitecture(machine()))
}

function watcher (id: string, bar: TransferBar): LoadMeans['watcher'] {
  let left: number | undefined
  return {
    start (url, there, size) {
      left = size === undefined ? undefined : size - there
      bar.start(there === 0 ? 'downloading' : 'going on with', `${id} from ${new URL(url, 'file:').host || url}`, left)
    },
    advance (bytes) {
      bar.advance(bytes)
      if (left !== undefined) left -= bytes
      if (left === 0) bar.end()
    },
    retry ({ message }, delayMs) {
      bar.end()
      bar.say(`${message}; trying again in ${delayMs / 1000} s`)
    },
    wait (what) {
      bar.say(`another process is at ${what}; waiting for it`)
    }
  }
}
