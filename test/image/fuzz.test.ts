import { gzipSync } from 'node:zlib'
import t from 'tap'
import { LeporelloError } from '../../src/errors.js'
import type { ImageFacts } from '../../src/image/image-facts.js'
import { random } from './support/random.js'
import type { Random } from './support/random.js'
import { craneArchive, oldDockerArchive, podmanArchive, sampleImage } from './support/sample-image.js'
import { hybridArchive, ociArchive } from './support/sample-layout.js'
import { tar } from './support/tar-writer.js'
import { verify } from './support/verify.js'
import { zstd } from './support/zstd-writer.js'

const SECONDS = Number(process.env['LEPORELLO_FUZZ_SECONDS'] ?? 5)
const SEED = Number(process.env['LEPORELLO_FUZZ_SEED'] ?? 1)
const LONGEST_MS = 10_000

const image = sampleImage()
const archives = [podmanArchive, oldDockerArchive, craneArchive, ociArchive, hybridArchive]
  .map(write => tar(write(image)))
const files = archives.flatMap(file => [file, gzipSync(file), zstd(file)])

/** Each makes one change, or several, that no transport should make. */
const MUTATIONS: readonly ((file: Buffer, dice: Random) => Buffer)[] = [
  (file, dice) => flipped(file, dice, 1),
  (file, dice) => flipped(file, dice, 1 + dice(20)),
  (file, dice) => file.subarray(0, dice(file.length)),
  (file, dice) => Buffer.concat([file, file.subarray(0, dice(600))]),
  (file, dice) => splice(file, dice, 0),
  (file, dice) => splice(file, dice, dice(2000)),
  (file, dice) => moved(file, dice, 512),
  (file, dice) => {
    const other = files[dice(files.length)]!
    const at = dice(Math.min(file.length, other.length))
    return Buffer.concat([file.subarray(0, at), other.subarray(at)])
  }
]

t.setTimeout((SECONDS + 60) * 1000)

t.test(`damaged files are refused or the same image (seed ${SEED}, ${SECONDS} s)`, async t => {
  t.setTimeout((SECONDS + 60) * 1000)
  const dice = random(SEED)
  const originals = await Promise.all(files.map(file => verify(file)))
  const before = process.memoryUsage().rss
  const end = Date.now() + SECONDS * 1000
  const outcomes = { refused: 0, same: 0 }
  for (let round = 0; Date.now() < end; round++) {
    const index = dice(files.length)
    const damaged = MUTATIONS[dice(MUTATIONS.length)]!(files[index]!, dice)
    const started = Date.now()
    const facts = await factsOf(damaged, `round ${round}`)
    if (Date.now() - started > LONGEST_MS) t.fail(`round ${round} took ${Date.now() - started} ms`)
    if (facts === undefined) outcomes.refused++
    else if (originals.some(original => sameImage(original, facts))) outcomes.same++
    else t.fail(`round ${round} was accepted as another image`)
  }
  const growth = (process.memoryUsage().rss - before) / 2 ** 20
  t.comment(`${outcomes.refused} refused, ${outcomes.same} the same image, ${growth.toFixed(0)} MiB of growth`)
  t.ok(outcomes.refused > 100, 'enough files were tried')
  t.ok(growth < 300, `memory grew by ${growth} MiB`)
})

async function factsOf (file: Buffer, round: string): Promise<ImageFacts | undefined> {
  try {
    return await verify(file)
  } catch (error) {
    if (error instanceof LeporelloError && error.code !== 'IMAGE_VERIFIER_FAILED') return undefined
    throw new Error(`${round} ended in another error`, { cause: error })
  }
}

// Where it stands in the file, and how the file is packed, may differ; what runs may not.
function sameImage (a: ImageFacts, b: ImageFacts): boolean {
  const identity = ({ imageId, config, layers, binaries }: ImageFacts): string =>
    JSON.stringify([imageId, config, layers.map(({ diffId }) => diffId), binaries])
  return identity(a) === identity(b)
}

function flipped (file: Buffer, dice: Random, times: number): Buffer {
  const changed = Buffer.from(file)
  for (let time = 0; time < times; time++) changed[dice(changed.length)]! ^= 1 << dice(8)
  return changed
}

function splice (file: Buffer, dice: Random, inserted: number): Buffer {
  const at = dice(file.length)
  const from = dice(file.length)
  return Buffer.concat([file.subarray(0, at), file.subarray(from, from + inserted), file.subarray(at + dice(2000))])
}

// Whole blocks, so that the tar stays a tar more often.
function moved (file: Buffer, dice: Random, unit: number): Buffer {
  const blocks = Math.floor(file.length / unit)
  const [to, from, count] = [dice(blocks) * unit, dice(blocks) * unit, (1 + dice(4)) * unit]
  return Buffer.concat([file.subarray(0, to), file.subarray(from, from + count), file.subarray(to)])
}
