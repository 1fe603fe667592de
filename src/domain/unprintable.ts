const UNPRINTABLE = /[\p{Cc}\p{Surrogate}]/u

/**
 * Names the first character that no id and no url may have, or is undefined when there is none: control characters
 * (C0, DEL and C1) and lone surrogates, which have no UTF-8.
 */
export function unprintable (text: string): string | undefined {
  const found = UNPRINTABLE.exec(text)
  if (found === null) return undefined
  const code = found[0].charCodeAt(0)
  const kind = code < 0xd800 ? 'control character' : 'lone surrogate'
  return `the ${kind} U+${code.toString(16).toUpperCase().padStart(4, '0')} at position ${found.index}`
}
