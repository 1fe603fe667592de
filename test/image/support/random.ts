import { createHash } from 'node:crypto'

/** A whole number from 0 to below `limit`. */
export type Random = (limit: number) => number

/** Numbers that are the same for the same seed. */
export function random (seed: number): Random {
  let count = 0
  return limit => createHash('sha256').update(`${seed} ${count++}`).digest().readUInt32LE() % limit
}
