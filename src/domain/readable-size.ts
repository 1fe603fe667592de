const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'] as const

/** A number of bytes for a person: `12 bytes`, `1.5 MB`. */
export function readableSize (bytes: number): string {
  let [size, unit] = [bytes, 0]
  for (; size >= 1000 && unit < UNITS.length - 1; unit++) size /= 1000
  return `${unit === 0 ? size : size.toFixed(1)} ${UNITS[unit]}`
}
