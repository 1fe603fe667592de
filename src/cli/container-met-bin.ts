#!/usr/bin/env node
import { containerMetCommand, EXIT_USAGE } from './container-met.js'
import { tendStandardStreams } from './standard-streams.js'

tendStandardStreams('container-met')

await containerMetCommand()
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : EXIT_USAGE))
  .parseAsync()
