import { loadConfig } from '../../src/config.js'
import { serve } from '../../src/server.js'

/** The service as `leporello serve` runs it. */
await serve(loadConfig(process.env))
