import type { Timing, Timings } from './timings.js'

/** Of these there is a route; whatever else a client writes there is one label. */
const METHODS = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT']

/** Of the API, whose routes are the same under each. */
const BASE = /^\/api\/v0\.\d+(?=\/.)/

/** Finds the timing of a request, which few steps must do: it is done for every one. */
export class RequestTimings {
  readonly #timings: Timings<'method' | 'route' | 'status'>
  readonly #known = new Map<string | undefined, Map<string, Timing>>()

  constructor (timings: Timings<'method' | 'route' | 'status'>) {
    this.#timings = timings
  }

  /** `route` is the pattern of the route that answered, undefined where there is none. */
  observe (route: string | undefined, method: string, status: number, seconds: number): void {
    let ofRoute = this.#known.get(route)
    if (ofRoute === undefined) this.#known.set(route, ofRoute = new Map())
    const key = method + status
    let timing = ofRoute.get(key)
    if (timing === undefined) {
      const labels = { method: METHODS.includes(method) ? method : 'other', route: labelOf(route), status: String(status) }
      timing = this.#timings.of(labels)
      ofRoute.set(key, timing)
    }
    timing.observe(seconds)
  }
}

function labelOf (route: string | undefined): string {
  if (route === undefined) return 'unknown'
  return route === '/*' ? 'mozart' : route.replace(BASE, '')
}
