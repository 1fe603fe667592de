import { stat, statfs } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { Config } from '../config.js'
import { readableSize } from '../domain/readable-size.js'
import { Findings, type Finding } from './finding.js'

const GB = 1e9

/** `f_type` of statfs(2) on Linux, of file systems whose locks and shared memory LMDB cannot rely on. */
const NETWORK = new Map([[0x6969, 'NFS'], [0xff534d42, 'CIFS'], [0xfe534d42, 'SMB'], [0x01021997, '9p'], [0x00c36400, 'Ceph']])
const IN_MEMORY = new Map([[0x01021994, 'tmpfs'], [0x858458f6, 'ramfs']])

/** Whether the folders the service keeps things in are on disks that last, with room. */
export async function checkDisk ({ index, store: { place } }: Config): Promise<readonly Finding[]> {
  const findings = new Findings('disk')
  if (index.kind === 'embedded') await checkFolder(findings, index.folder, 'catalogue')
  if (place.kind === 'folder') await checkFolder(findings, place.root, 'tarballs')
  return findings.all
}

async function checkFolder (findings: Findings, folder: string, what: 'catalogue' | 'tarballs'): Promise<void> {
  const { type, bavail, bsize, blocks } = await statfs(await nearest(resolve(folder)))
  const [network, memory] = [NETWORK.get(type), IN_MEMORY.get(type)]
  const free = bavail * bsize
  if (network !== undefined && what === 'catalogue') {
    findings.wrong(`${folder} is on ${network}: the embedded catalogue breaks on network file systems`,
      'move LEPORELLO_DATA_DIR to a local disk, or keep the catalogue in a search engine (LEPORELLO_INDEX_URL)')
  }
  if (memory !== undefined) findings.warning(`${folder} is on ${memory}: a restart of this machine loses it`, 'move it to a disk')
  if (free < GB || bavail < blocks / 20) {
    findings.warning(`there are ${readableSize(free)} free for the ${what} in ${folder}`, 'make room before writes are refused')
  } else {
    findings.ok(`there are ${readableSize(free)} free for the ${what} in ${folder}`)
  }
}

/** The folder itself, or the one that it would be made in. */
async function nearest (folder: string): Promise<string> {
  return await stat(folder).then(() => folder, () => dirname(folder) === folder ? folder : nearest(dirname(folder)))
}
