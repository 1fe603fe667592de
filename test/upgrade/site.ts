/** The address that the recorded urls start with. */
export const PUBLIC_URL = 'http://leporello.test'

export const JOB = '{"id": "job-hello:1.0", "container": "container-two:1.0", "threshold": 1.0, "big": 12345678901234567890123}'
export const IO = '{"id": "hysds-io-hello:1.0", "job-specification": "job-hello:1.0"}'
export const UPLOADED = 'container-uploaded:1.0'

/** Uploaded, and removed: its tarball is for the sweep. */
export const DROPPED = 'container-dropped:1.0'

const LISTS = { container: 'container/info', job_spec: 'job_spec/type', hysds_io: 'hysds_io/type' } as const

export type Snapshot = Record<keyof typeof LISTS, Record<string, string>>

/** Every document that a service hands out, by kind and id, as the text of its answer. */
export async function snapshot (url: string): Promise<Snapshot> {
  const kinds = Object.entries(LISTS).map(async ([kind, route]) => {
    const { result } = await (await fetch(`${url}/${kind}/list`)).json() as { result: string[] }
    const texts = result.map(async id => [id, await (await fetch(`${url}/${route}?id=${encodeURIComponent(id)}`)).text()])
    return [kind, Object.fromEntries(await Promise.all(texts))]
  })
  return Object.fromEntries(await Promise.all(kinds)) as Snapshot
}
