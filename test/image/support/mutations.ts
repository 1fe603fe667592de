import type { Random } from '../../random.js'

/** Changes as no transport should make them: of bits, of the length, and of the order of pieces. */
export function damaged (file: Buffer, others: readonly Buffer[], random: Random): Buffer {
  return random.pick(MUTATIONS)(file, others, random)
}

const MUTATIONS: readonly ((file: Buffer, others: readonly Buffer[], random: Random) => Buffer)[] = [
  (file, _, random) => flipped(file, random, 1),
  (file, _, random) => flipped(file, random, 1 + random.below(20)),
  (file, _, random) => file.subarray(0, random.below(file.length)),
  (file, _, random) => Buffer.concat([file, file.subarray(0, random.below(600))]),
  (file, _, random) => splice(file, random, 0),
  (file, _, random) => splice(file, random, random.below(2000)),
  (file, _, random) => moved(file, random, 512),
  (file, others, random) => {
    const other = random.pick(others)
    const at = random.below(Math.min(file.length, other.length))
    return Buffer.concat([file.subarray(0, at), other.subarray(at)])
  }
]

function flipped (file: Buffer, random: Random, times: number): Buffer {
  const changed = Buffer.from(file)
  for (let time = 0; time < times; time++) changed[random.below(changed.length)]! ^= 1 << random.below(8)
  return changed
}

function splice (file: Buffer, random: Random, inserted: number): Buffer {
  const at = random.below(file.length)
  const from = random.below(file.length)
  const rest = file.subarray(at + random.below(2000))
  return Buffer.concat([file.subarray(0, at), file.subarray(from, from + inserted), rest])
}

// Whole blocks, so that the tar stays a tar more often.
function moved (file: Buffer, random: Random, unit: number): Buffer {
  const blocks = Math.floor(file.length / unit)
  const [to, from, count] = [random.below(blocks) * unit, random.below(blocks) * unit, (1 + random.below(4)) * unit]
  return Buffer.concat([file.subarray(0, to), file.subarray(from, from + count), file.subarray(to)])
}
