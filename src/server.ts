import { readFile } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import { setFlagsFromString } from 'node:v8'
import closeWithGrace from 'close-with-grace'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { buildApp, type AppOptions } from './app.js'
import { openBackends } from './backends.js'
import { ConfigError, type Config } from './config.js'
import { isLoopback } from './domain/loopback.js'
import { createLogger } from './log.js'
import { metricsListener } from './metrics/listener.js'
import { Metrics } from './metrics/metrics.js'

/** How long closing may take once nobody waits for an answer any more. */
const CLOSING_MS = 5000

/** A fleet connects at once: who finds no place in the queue of connections tries again after a whole second. */
const BACKLOG = 4096

/**
 * The bytes of uploads lie outside of the heap and live for milliseconds, but V8 takes them for growth of the heap:
 * by default it marks all of it again after every 25 MB that pass.
 */
const HEAP_GROWTH = '--heap-growing-percent=400'

/**
 * Runs the service until a signal ends it: SIGTERM and SIGINT let open requests finish within the grace period and
 * then exit with 0. Resolves once it listens.
 * @throws {ConfigError} when a file that the configuration names cannot be read.
 */
export async function serve (config: Config): Promise<void> {
  setFlagsFromString(HEAP_GROWTH)
  const logger = createLogger(config.log.level)
  const tls = await readTls(config)
  let boundUrl: string | undefined
  const metrics = new Metrics({ ofProcess: true })
  const backends = await openBackends(config, { boundUrl: () => boundUrl, observer: metrics })
  const app = await buildApp({ config, backends, logger, metrics, ...tls && { tls } }).catch(async error => {
    await Promise.all([backends.images.close(), backends.index.close()])
    throw error
  })
  try {
    await listenForMetrics(app, config, logger)
    const { host, port } = config.server
    const url = await app.listen({ host, port, backlog: BACKLOG, listenTextResolver: address => `listening on ${address}` })
    // Workers on other machines could not use it.
    if (isLoopback(host)) boundUrl = url
  } catch (error) {
    await app.close()
    throw error
  }
  warnOfExposure(config, logger)
  closeOnSignal(app, config, logger)
}

/** Where they have a port of their own. */
async function listenForMetrics (app: FastifyInstance, { metrics }: Config, logger: Logger): Promise<void> {
  if (metrics === undefined) return
  const listener = metricsListener(app.metrics)
  app.addHook('onClose', async () => { await listener.close() })
  logger.info(`metrics at ${await listener.listen(metrics)}/metrics`)
}

/**
 * What is still open after the grace period is cut off: a client that stalls must not keep the service from ending, nor
 * must an engine or a store. What they have not done by then is as after a kill: nothing half, the rest is the sweep's.
 */
function closeOnSignal (app: FastifyInstance, { server: { shutdownGraceMs } }: Config, logger: Logger): void {
  closeWithGrace({ delay: false, logger }, async ({ signal, err }) => {
    if (err !== undefined) logger.fatal({ err }, 'closing after an error that nobody caught')
    else logger.info(`closing on ${signal}`)
    const closed = app.close()
    if (await isWithin(closed, shutdownGraceMs)) return
    logger.warn('cutting off the requests that are still open')
    app.server.closeAllConnections()
    if (!await isWithin(closed, CLOSING_MS)) logger.warn('ending without waiting any longer for the index and the store')
  })
}

/** Whether `work` is done in so many milliseconds. */
async function isWithin (work: PromiseLike<unknown>, milliseconds: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>(resolve => { timer = setTimeout(resolve, milliseconds, false) })
  return await Promise.race([work.then(() => true), late]).finally(() => clearTimeout(timer))
}

async function readTls ({ server: { tls } }: Config): Promise<AppOptions['tls']> {
  if (tls === undefined) return undefined
  const pair = {
    cert: await readPem('LEPORELLO_TLS_CERT', tls.certFile), key: await readPem('LEPORELLO_TLS_KEY', tls.keyFile)
  }
  try {
    createSecureContext(pair)
  } catch (error) {
    throw new ConfigError(`LEPORELLO_TLS_CERT (${tls.certFile}) and LEPORELLO_TLS_KEY (${tls.keyFile}) are no PEM files ` +
      `of a certificate and its key: ${(error as Error).message}`)
  }
  return pair
}

async function readPem (variable: string, file: string): Promise<Buffer> {
  try {
    return await readFile(file)
  } catch (error) {
    throw new ConfigError(`${variable} names ${file}, which cannot be read: ${(error as Error).message}`)
  }
}

function warnOfExposure ({ server: { host }, access: { htpasswdFile, accountsFile } }: Config, logger: Logger): void {
  if (isLoopback(host) || htpasswdFile !== undefined || accountsFile !== undefined) return
  logger.warn(`listening on ${host}: everybody who reaches it may change the catalogue`)
}
