import { rm } from 'node:fs/promises'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { fill } from '../load.js'
import { stop } from '../process.js'
import { measureInfo, measureMemory } from './load.js'
import { measureSpeed } from './speed.js'
import { empty, putInto, Stage } from './stage.js'
import { progress, table, type Figure } from './table.js'
import { NAME, tarballOf } from './tarball.js'

/**
 * `npm run bench:upload`: uploads of an image of this machine's files through the service, beside the same file put
 * straight to the same store. Clients, service and store share this machine, so read the ratios. Nothing is asserted.
 * `-- speed link memory info folder` does some of it; LEPORELLO_BENCH_UPLOAD_MIB, LEPORELLO_BENCH_LARGE_MIB and
 * LEPORELLO_BENCH_ROUNDS make it shorter.
 */
const MIB = 1024 * 1024
const UPLOAD_MIB = Number(process.env['LEPORELLO_BENCH_UPLOAD_MIB'] ?? 1024)
const LARGE_MIB = Number(process.env['LEPORELLO_BENCH_LARGE_MIB'] ?? 10 * 1024)
const LINK_BYTES_PER_SECOND = 100e6

/** On ext4 versitygw has no room for what it notes of an object of a thousand parts. */
const LARGER_PARTS = { LEPORELLO_UPLOAD_MAX_BYTES: String(200 * 1024 * MIB) }

const wanted = process.argv.slice(2)
const load = (when: string) => progress(`load ${when}: ${loadavg().map(value => value.toFixed(1)).join(' ')}`)

load('before')
const tarball = await tarballOf(UPLOAD_MIB)
progress(`${tarball.path}: ${tarball.bytes} bytes, ${(tarball.decompressedBytes / tarball.bytes).toFixed(2)}:1`)
const stage = new Stage()

async function speed (title: string, target: number, bytesPerSecond?: number): Promise<Figure[]> {
  const bucket = await stage.bucket(bytesPerSecond)
  return await measureSpeed({
    title,
    target,
    tarball,
    service: await stage.serviceOn(bucket),
    bare: putInto(bucket, tarball.path),
    clean: async () => await empty(bucket)
  })
}

async function folder (): Promise<Figure[]> {
  const data = await stage.folder()
  const to = join(await stage.folder(), 'bare')
  const clean = async () => {
    await rm(to, { force: true })
    await rm(join(data, 'tarballs', 'containers'), { recursive: true, force: true })
  }
  return await measureSpeed({ title: 'folder', tarball, service: await stage.service(data), bare: { path: tarball.path, to }, clean })
}

async function memory (what: string, bytes: number, atOnce: number, target: number): Promise<Figure> {
  const bucket = await stage.bucket()
  const service = await stage.serviceOn(bucket, LARGER_PARTS)
  const figure = await measureMemory(what, service, { url: service.url, how: 'PUT', tarball, bytes, atOnce }, target)
  await stop(service)
  await empty(bucket)
  return figure
}

async function info (): Promise<Figure> {
  const bucket = await stage.bucket()
  const service = await stage.serviceOn(bucket)
  await fill(service.url, [NAME])
  const order = { url: service.url, how: 'PUT', tarball, bytes: UPLOAD_MIB * MIB / 2, atOnce: 4 } as const
  const figure = await measureInfo('4 uploads', service, order, 50)
  await empty(bucket)
  return figure
}

const measures: Record<string, () => Promise<Figure[]>> = {
  speed: async () => await speed('same cores', 1.8),
  link: async () => await speed('link of 100 MB/s', 1.05, LINK_BYTES_PER_SECOND),
  memory: async () => [
    await memory(`${LARGE_MIB} MiB`, LARGE_MIB * MIB, 1, 150),
    await memory('16 at once', UPLOAD_MIB * MIB / 4, 16, 400)
  ],
  info: async () => [await info()],
  folder
}

try {
  const figures: Figure[] = []
  for (const [name, measure] of Object.entries(measures)) {
    if (wanted.length === 0 || wanted.includes(name)) figures.push(...await measure())
  }
  load('after')
  process.stdout.write(table(figures))
} finally {
  await stage.close()
}
