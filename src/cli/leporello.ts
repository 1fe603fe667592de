#!/usr/bin/env node
import { Command } from 'commander'
import { serveCommand } from './serve.js'

const program = new Command('leporello')
  .description('Keeps the catalogue of a HySDS cluster\'s container images.')
  .addCommand(serveCommand())

await program.parseAsync()
