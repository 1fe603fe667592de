import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildApp } from '../src/app.js'
import { openBackends } from '../src/backends.js'
import { loadConfig } from '../src/config.js'
import { describeApi } from '../src/openapi.js'

/** Prints the description of the API that the routes give, for `npm run openapi`. */
const folder = await mkdtemp(join(tmpdir(), 'leporello-openapi-'))
const config = loadConfig({ LEPORELLO_DATA_DIR: folder })
const app = await buildApp({ config, backends: await openBackends(config) })
try {
  await app.ready()
  process.stdout.write(describeApi(app))
} finally {
  await app.close()
  await rm(folder, { recursive: true })
}
