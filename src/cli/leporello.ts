#!/usr/bin/env node
import { Command } from 'commander'
import { exportCommand } from './export.js'
import { importCommand } from './import.js'
import { serveCommand } from './serve.js'

const program = new Command('leporello')
  .description('Keeps the catalogue of a HySDS cluster\'s container images.')
  .addCommand(serveCommand())
  .addCommand(exportCommand())
  .addCommand(importCommand())

await program.parseAsync()
