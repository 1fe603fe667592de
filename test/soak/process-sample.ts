import { readdir, readFile } from 'node:fs/promises'

/** What a process holds at one moment. */
export interface ProcessSample {
  /** Resident, in MB, without mapped files: the embedded catalogue is one, which grows with what is in it. */
  readonly memory: number
  readonly descriptors: number
}

/** By /proc; the process is this user's. */
export async function sampleProcess (pid: number): Promise<ProcessSample> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return {
    memory: Math.round(Number(/^RssAnon:\s+(\d+)/m.exec(status)?.[1]) / 1024),
    descriptors: (await readdir(`/proc/${pid}/fd`)).length
  }
}
