import { once } from 'node:events'
import { readdir, readlink } from 'node:fs/promises'
import { get, type IncomingMessage } from 'node:http'
import type { Service } from '../service.js'

/** What the service's process has open now: paths of files, `socket:[...]`. */
export async function openIn ({ process: { pid } }: Service): Promise<string[]> {
  const folder = `/proc/${pid}/fd`
  // One that was closed since the list was made is not there to be read.
  return await Promise.all((await readdir(folder)).map(async fd => await readlink(`${folder}/${fd}`).catch(() => '')))
}

/** Begins so many downloads one after the other, and leaves each with its first bytes. */
export async function leaveDownloads (address: string, times: number): Promise<void> {
  for (let n = 0; n < times; n++) {
    const request = get(address, { agent: false })
    const [response] = await once(request, 'response') as [IncomingMessage]
    await once(response, 'readable')
    request.destroy()
  }
}
