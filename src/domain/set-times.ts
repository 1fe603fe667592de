/** B5: for how long the owner of a complete set may publish it, where a request may work on the index for so long. */
export function ownersTimeMs (requestTimeoutMs: number): number {
  return 2 * requestTimeoutMs
}

/** For how long others have to see it in the same hands before they take it over: no clocks need be compared then. */
export function leastTakeoverMs (requestTimeoutMs: number): number {
  return 2 * (ownersTimeMs(requestTimeoutMs) + requestTimeoutMs)
}
