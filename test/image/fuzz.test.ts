import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import type { Test } from 'tap'
import { LeporelloError } from '../../src/errors.js'
import type { ImageFacts } from '../../src/image/image-facts.js'
import { Random } from '../random.js'
import { damaged } from './support/mutations.js'
import { lacking } from './support/programs.js'
import { rearranged } from './support/rearrangements.js'
import { craneArchive, oldDockerArchive, podmanArchive, sampleImage } from './support/sample-image.js'
import { hybridArchive, ociArchive } from './support/sample-layout.js'
import { differenceToSkopeo } from './support/skopeo.js'
import { tar } from './support/tar-writer.js'
import { verify } from './support/verify.js'
import { zstd } from './support/zstd-writer.js'

const SECONDS = Number(process.env['LEPORELLO_FUZZ_SECONDS'] ?? 6) / 2
const SEED = Number(process.env['LEPORELLO_FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const LONGEST_MS = 10_000
const MOST_GROWTH = 300

const image = sampleImage()
const other = sampleImage({ binaries: ['amd64', 'amd64'] })
const archives = [podmanArchive, oldDockerArchive, craneArchive, ociArchive, hybridArchive]
  .map(write => tar(write(image)))
const files = archives.flatMap(file => [file, gzipSync(file), zstd(file)])

const missing = await lacking(['skopeo', 'gzip', 'zstd'])
if (missing !== false) t.comment(`accepted files are not compared with what skopeo reads: ${missing}`)

t.setTimeout((2 * SECONDS + 120) * 1000)

t.test(`damaged files are refused or the same image (LEPORELLO_FUZZ_SEED=${SEED}, ${SECONDS} s)`, async t => {
  const originals = await Promise.all(files.map(file => verify(file)))
  const { refused } = await fuzz(t, random => damaged(random.pick(files), files, random), facts => (
    originals.some(original => sameImage(original, facts)) ? undefined : 'it was accepted as another image'))
  t.ok(refused > 100, 'enough files were tried')
})

t.test(`rearranged files are refused or what skopeo reads (LEPORELLO_FUZZ_SEED=${SEED}, ${SECONDS} s)`, async t => {
  const { refused, accepted } = await fuzz(t, random => tar(rearranged(image, other, random)))
  t.ok(refused > 50 && accepted > 5, 'enough files were tried')
})

async function fuzz (
  t: Test, make: (random: Random) => Buffer, flaw: (facts: ImageFacts) => string | undefined = () => undefined
): Promise<{ readonly refused: number, readonly accepted: number }> {
  t.setTimeout((SECONDS + 60) * 1000)
  const outcomes = { refused: 0, accepted: 0, compared: 0 }
  const before = process.memoryUsage().rss
  const end = Date.now() + SECONDS * 1000
  for (let round = 0; Date.now() < end; round++) {
    const file = make(new Random(SEED + round))
    const started = Date.now()
    const facts = await factsOf(file).catch(async error => await fail(t, round, file, `it ended in ${error}`))
    if (Date.now() - started > LONGEST_MS) await fail(t, round, file, `it took ${Date.now() - started} ms`)
    if (facts === undefined) outcomes.refused++
    else outcomes.accepted++
    if (facts === undefined) continue
    const found = flaw(facts) ?? (missing === false ? await differenceToSkopeo(file, facts) : undefined)
    if (missing === false) outcomes.compared++
    if (found !== undefined) await fail(t, round, file, found)
  }
  const growth = Math.round((process.memoryUsage().rss - before) / 2 ** 20)
  t.comment(`${outcomes.refused} refused, ${outcomes.accepted} accepted, ${outcomes.compared} of them compared with ` +
    `skopeo, ${growth} MiB of growth`)
  t.ok(growth < MOST_GROWTH, `memory grew by ${growth} MiB`)
  return outcomes
}

async function factsOf (file: Buffer): Promise<ImageFacts | undefined> {
  try {
    return await verify(file)
  } catch (error) {
    if (error instanceof LeporelloError && error.code !== 'IMAGE_VERIFIER_FAILED') return undefined
    throw error
  }
}

// The file is kept, to become a regression.
async function fail (t: Test, round: number, file: Buffer, what: string): Promise<undefined> {
  const path = join(await mkdtemp(join(tmpdir(), 'fuzz-')), 'image.tar')
  await writeFile(path, file)
  t.fail(`round ${round}, kept as ${path}: ${what}`)
}

// Where it stands in the file, and how the file is packed, may differ; what runs may not.
function sameImage (a: ImageFacts, b: ImageFacts): boolean {
  const identity = ({ imageId, config, layers, binaries }: ImageFacts): string =>
    JSON.stringify([imageId, config, layers.map(({ diffId }) => diffId), binaries])
  return identity(a) === identity(b)
}
