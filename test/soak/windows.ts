import type { ProcessSample } from './process-sample.js'

/** How far what a process holds has moved from the second to the last sixth of the samples, as a share of what it held then. */
export interface Drift {
  readonly memory: number
  readonly descriptors: number
}

/** The first sixth is left out: caches fill and code is compiled. */
export function driftOf (samples: readonly ProcessSample[]): Drift {
  const sixth = Math.max(1, Math.floor(samples.length / 6))
  const early = samples.slice(sixth, 2 * sixth)
  const late = samples.slice(-sixth)
  const moved = (of: (sample: ProcessSample) => number) => mean(late.map(of)) / mean(early.map(of)) - 1
  return { memory: moved(({ memory }) => memory), descriptors: moved(({ descriptors }) => descriptors) }
}

function mean (values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
