import { ConfigError, loadConfig, type Config } from '../config.js'
import { withoutSecrets } from '../domain/userinfo.js'
import { checkAccessFiles } from './access-files.js'
import { attempted } from './attempted.js'
import { checkBackends } from './backends-check.js'
import { checkCertificates } from './certificates.js'
import { checkConfiguration, type Environment } from './configuration.js'
import { checkDisk } from './disk.js'
import { checkFileDescriptors } from './file-descriptors.js'
import { Findings, type Finding } from './finding.js'
import { checkListening } from './listening.js'
import { checkMemory } from './memory.js'
import { checkMozart } from './mozart.js'
import { checkPublicUrl } from './public-url.js'

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
  yield * await attempted('access', () => checkAccessFiles(config))
  yield * await attempted('listening', () => checkListening(config))
  yield * await attempted('certificates', () => checkCertificates(config, config.indexTimeoutMs))
  yield * await attempted('disk', () => checkDisk(config))
  yield * checkMemory(config)
  yield * await attempted('file descriptors', () => checkFileDescriptors())
  yield * checkBackends(config)
  yield * await attempted('public url', () => checkPublicUrl(config))
  yield * await attempted('mozart', () => checkMozart(config))
}

function refused ({ message }: ConfigError): readonly Finding[] {
  const findings = new Findings('configuration')
  for (const line of message.split('\n')) findings.wrong(line, 'see leporello serve --help')
  return findings.all
}
