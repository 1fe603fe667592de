import type { Command } from 'commander'

/** A command that is loaded only when it is asked for, so that --help is quick. */
export interface LazyCommand {
  readonly name: string
  readonly summary: string
  readonly load: () => Promise<Command>
}

/** All commands, in the order in which --help lists them. */
export const COMMANDS: readonly LazyCommand[] = [
  { name: 'serve', summary: 'run the service', load: async () => (await import('./serve.js')).serveCommand() },
  { name: 'upload', summary: 'store, verify and register image tarballs', load: async () => (await import('./upload.js')).uploadCommand() },
  { name: 'register', summary: 'register a container, replacing one of that name', load: async () => (await import('./register.js')).registerCommand() },
  { name: 'merge', summary: 'register images beside those of other architectures', load: async () => (await import('./merge.js')).mergeCommand() },
  { name: 'detach', summary: 'take one architecture away from a container', load: async () => (await import('./detach.js')).detachCommand() },
  { name: 'info', summary: 'show a registration', load: async () => (await import('./info.js')).infoCommand() },
  { name: 'list', summary: 'list the names of all containers', load: async () => (await import('./list.js')).listCommand() },
  { name: 'search', summary: 'find containers', load: async () => (await import('./search.js')).searchCommand() },
  { name: 'resolve', summary: 'tell which image a machine loads', load: async () => (await import('./resolve.js')).resolveCommand() },
  { name: 'load', summary: 'load the right image into docker or podman', load: async () => (await import('./load.js')).loadCommand() },
  { name: 'remove', summary: 'remove a registration', load: async () => (await import('./remove.js')).removeCommand() },
  { name: 'pending', summary: 'show what waits for the rest of its build', load: async () => (await import('./pending.js')).pendingCommand() },
  { name: 'abandon', summary: 'end what waits', load: async () => (await import('./abandon.js')).abandonCommand() },
  { name: 'history', summary: 'tell who changed a registration, and what', load: async () => (await import('./history.js')).historyCommand() },
  { name: 'report', summary: 'tell what the site has, lacks and should mend', load: async () => (await import('./report.js')).reportCommand() },
  { name: 'container-met', summary: 'store and register tarballs as container-met.py does', load: async () => (await import('./container-met.js')).containerMetCommand() },
  { name: 'verify', summary: 'prove what an image tarball holds', load: async () => (await import('./verify.js')).verifyCommand() },
  { name: 'user', summary: 'add, list and revoke users of the service', load: async () => (await import('./user.js')).userCommand() },
  { name: 'token', summary: 'add, list and revoke bearer tokens', load: async () => (await import('./token.js')).tokenCommand() },
  { name: 'doctor', summary: 'tell what is wrong with the configuration, and how to mend it', load: async () => (await import('./doctor.js')).doctorCommand() },
  { name: 'sweep', summary: 'remove uploaded tarballs that no document names', load: async () => (await import('./sweep.js')).sweepCommand() },
  { name: 'export', summary: 'write the whole catalogue as lines of JSON', load: async () => (await import('./export.js')).exportCommand() },
  { name: 'import', summary: 'read such lines into the catalogue', load: async () => (await import('./import.js')).importCommand() }
]
