import type { ToxicProxy } from '../engines/toxiproxy.js'
import type { Random } from '../random.js'

/** What may befall a way, and for how many milliseconds at most; `half-open`: connections stay, and nothing comes. */
export const FAULTS = {
  latency: 1500,
  slow: 1500,
  cut: 600,
  'half-open': 2500,
  reset: 300,
  limit: 600
} as const

export type Fault = keyof typeof FAULTS

/** Puts the fault on, in the way there or back, and resolves to what takes it off. */
export async function disturb (proxy: ToxicProxy, fault: Fault, random: Random): Promise<() => Promise<void>> {
  const stream = random.pick(['upstream', 'downstream'] as const)
  switch (fault) {
    case 'cut': return await proxy.cut()
    case 'latency': return await proxy.poison({ type: 'latency', attributes: { latency: 100 + random.below(600), jitter: 100 } }, stream)
    case 'slow': return await proxy.poison({ type: 'bandwidth', attributes: { rate: 10 + random.below(500) } }, stream)
    case 'half-open': return await proxy.poison({ type: 'timeout', attributes: { timeout: 0 } }, stream)
    case 'reset': return await proxy.poison({ type: 'reset_peer', attributes: { timeout: random.below(50) } }, stream)
    case 'limit': return await proxy.poison({ type: 'limit_data', attributes: { bytes: 1 + random.below(20_000) } }, stream)
  }
}
