import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/** Runs a program and gives what it wrote; rejects when it fails. */
export async function run (program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Buffer> {
  const { stdout } = await execute(program, args, { env: { ...process.env, ...env }, encoding: 'buffer' })
  return stdout
}

/** The reason to skip what needs programs that are not installed; false when all are, and where CI installs them. */
export async function lacking (programs: readonly string[]): Promise<string | false> {
  const found = await Promise.all(programs.map(program => (
    run('sh', ['-c', `command -v ${program}`]).then(() => true, () => false))))
  const missing = programs.filter((_, index) => found[index] !== true)
  return missing.length > 0 && process.env['CI'] === undefined && `not installed: ${missing.join(', ')}`
}

/** The same for programs that only the superuser of a machine with its own control groups can start. */
export async function lackingDaemons (programs: readonly string[]): Promise<string | false> {
  if (process.getuid?.() !== 0 && process.env['CI'] === undefined) return 'not the superuser'
  return await lacking(programs)
}

/** A build context with one program for the architecture, as a compiler really writes it. */
export async function buildContext (folder: string, architecture: string): Promise<string> {
  const context = join(folder, architecture)
  await mkdir(join(context, 'bin'), { recursive: true })
  await writeFile(join(context, 'main.go'), 'package main\n\nfunc main() { println("hello") }\n')
  await writeFile(join(context, 'Containerfile'), 'FROM scratch\nCOPY bin /bin\nCMD ["/bin/hello"]\n')
  await run('go', ['build', '-ldflags=-s -w', '-o', join(context, 'bin/hello'), join(context, 'main.go')],
    { GOARCH: architecture, GOOS: 'linux', CGO_ENABLED: '0', GO111MODULE: 'off' })
  return context
}

/** podman with a storage of its own in the folder; gives what it wrote. */
export async function podman (folder: string, args: readonly string[]): Promise<Buffer> {
  return await run('podman', ['--root', join(folder, 'storage'), '--runroot', join(folder, 'run'),
    '--storage-driver', 'vfs', '--events-backend', 'file', ...args])
}

/** Packs an OCI archive as crane does, which pulls images only from a registry: one that lives as long as `use`. */
export async function craneSave (archive: string, target: string, reference: string): Promise<void> {
  const registry = spawn('crane', ['registry', 'serve', '--address', '127.0.0.1:0'],
    { stdio: ['ignore', 'ignore', 'pipe'] })
  const exit = once(registry, 'exit')
  try {
    const port = await portOf(createInterface({ input: registry.stderr }))
    await run('skopeo', ['copy', '-q', '--dest-tls-verify=false', archive, `docker://127.0.0.1:${port}/${reference}`])
    await run('crane', ['pull', '--insecure', `127.0.0.1:${port}/${reference}`, target])
  } finally {
    registry.kill()
    await exit
  }
}

async function portOf (lines: AsyncIterable<string>): Promise<string> {
  for await (const line of lines) {
    const [, port] = /serving on port (\d+)/.exec(line) ?? []
    if (port !== undefined) return port
  }
  throw new Error('crane registry ended without serving')
}
