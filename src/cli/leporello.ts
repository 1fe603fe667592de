#!/usr/bin/env node
import { readFile } from 'node:fs/promises'
import { Command } from 'commander'
import { containerMetCommand } from './container-met.js'
import { exportCommand } from './export.js'
import { importCommand } from './import.js'
import { serveCommand } from './serve.js'
import { sweepCommand } from './sweep.js'
import { verifyCommand } from './verify.js'

const { version } = JSON.parse(await readFile(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string }

const program = new Command('leporello')
  .version(version)
  .description('Keeps the catalogue of a HySDS cluster\'s container images.')
  .addCommand(serveCommand())
  .addCommand(exportCommand())
  .addCommand(importCommand())
  .addCommand(verifyCommand())
  .addCommand(sweepCommand())
  .addCommand(containerMetCommand())

// As for a wrong environment: 2 is a mistake of whoever typed it, 1 a failure at work.
for (const command of [program, ...program.commands]) {
  command.exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
}

await program.parseAsync()
