#!/usr/bin/env node
import { containerMetCommand, EXIT_USAGE } from './container-met.js'

await containerMetCommand()
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : EXIT_USAGE))
  .parseAsync()
