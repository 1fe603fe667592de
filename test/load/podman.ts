import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { run } from '../image/support/programs.js'

export interface Podman {
  /** What leads every podman of a process to this storage. */
  readonly env: Readonly<Record<string, string>>
  readonly podman: (...args: readonly string[]) => Promise<string>
  /** The image id under a name; undefined when there is none. */
  readonly idOf: (name: string) => Promise<string | undefined>
}

/** podman with a storage of the test's own, gone when it ends. */
export async function ownPodman (t: Test): Promise<Podman> {
  const folder = await mkdtemp(join(tmpdir(), 'podman-'))
  const [storage, containers] = [join(folder, 'storage.conf'), join(folder, 'containers.conf')]
  await writeFile(storage, `[storage]\ndriver = "vfs"\ngraphroot = "${folder}/storage"\nrunroot = "${folder}/run"\n`)
  await writeFile(containers, '[engine]\nevents_logger = "file"\n')
  const env = { CONTAINERS_STORAGE_CONF: storage, CONTAINERS_CONF: containers }
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const podman = async (...args: readonly string[]) => (await run('podman', args, env)).toString('utf8').trim()
  return {
    env,
    podman,
    idOf: async name => await podman('image', 'inspect', '-f', '{{.Id}}', name).catch(() => undefined)
  }
}
