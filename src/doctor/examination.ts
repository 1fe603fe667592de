import { stat } from 'node:fs/promises'
import { openBackends, type Backends } from '../backends.js'
import { ConfigError, loadConfig, type Config } from '../config.js'
import { withoutSecrets } from '../domain/userinfo.js'
import { checkAccessFiles } from './access-files.js'
import { checkCertificates } from './certificates.js'
import { checkClock } from './clock.js'
import { checkConfiguration, type Environment } from './configuration.js'
import { checkDisk } from './disk.js'
import { checkFileDescriptors } from './file-descriptors.js'
import { Findings, type Finding } from './finding.js'
import { checkIndex } from './index-check.js'
import { checkListening } from './listening.js'
import { checkMemory } from './memory.js'
import { checkMozart } from './mozart.js'
import { checkPublicUrl } from './public-url.js'
import { checkStore } from './store-check.js'

/**
 * Looks at everything that `env` names, against what is really there, and tells each finding as it comes. Leaves nothing
 * behind: a folder that is not there yet is not made, since it would belong to whoever asks.
 */
export async function * examine (env: Environment): AsyncGenerator<Finding> {
  for await (const { message, ...finding } of findingsOf(env)) yield { ...finding, message: withoutSecrets(message) }
}

async function * findingsOf (env: Environment): AsyncGenerator<Finding> {
  let config: Config
  try {
    config = loadConfig(env)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    yield * refused(error)
    return
  }
  yield * checkConfiguration(env, config)
  yield * await checkAccessFiles(config)
  yield * await checkListening(config)
  yield * await checkCertificates(config, config.indexTimeoutMs)
  yield * await checkDisk(config)
  yield * checkMemory(config)
  yield * await checkFileDescriptors()
  yield * checkBackends(config)
  yield * await checkPublicUrl(config)
  yield * await checkMozart(config)
}

function refused ({ message }: ConfigError): readonly Finding[] {
  const findings = new Findings('configuration')
  for (const line of message.split('\n')) findings.wrong(line, 'see leporello serve --help')
  return findings.all
}

async function * checkBackends (config: Config): AsyncGenerator<Finding> {
  const { index: { kind }, store: { place } } = config
  const catalogue = config.index.kind === 'embedded' ? await folderState(config.index.folder) : 'ours'
  const tarballs = place.kind === 'folder' ? await folderState(place.root) : 'ours'
  if (catalogue !== 'ours') yield * untouched('index', catalogue, 'the folder of the catalogue')
  if (tarballs !== 'ours') yield * untouched('store', tarballs, 'the folder for tarballs')
  if (kind === 'embedded' && catalogue !== 'ours') return
  let backends: Backends
  try {
    backends = await openBackends(config)
  } catch (error) {
    const findings = new Findings('index')
    findings.wrong((error as Error).message, 'the service does not start with it')
    yield * findings.all
    return
  }
  try {
    const index = await checkIndex(backends.index, config.indexTimeoutMs)
    yield * index
    if (tarballs !== 'ours') return
    const serves = index.every(({ state }) => state !== 'wrong')
    const store = await checkStore({ images: backends.images, index: serves ? backends.index : undefined, config })
    yield * store
    if (store.every(({ state }) => state !== 'wrong')) yield * await checkClock(backends.images, config.sweep.graceMs)
  } finally {
    await Promise.all([backends.images.close(), backends.index.close()])
  }
}

type FolderState = 'ours' | 'missing' | 'foreign'

/** What another user's process makes in a folder the service could not use afterwards. */
async function folderState (folder: string): Promise<FolderState> {
  const found = await stat(folder).catch(() => undefined)
  if (found === undefined) return 'missing'
  return process.getuid === undefined || found.uid === process.getuid() ? 'ours' : 'foreign'
}

function untouched (check: string, state: FolderState, what: string): readonly Finding[] {
  const findings = new Findings(check)
  if (state === 'missing') findings.ok(`${what} is not there yet; the service makes it`)
  else findings.warning(`${what} belongs to another user, so it was not written to`, 'run leporello doctor as the user who runs the service')
  return findings.all
}
