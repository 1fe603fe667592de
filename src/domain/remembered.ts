/** A fleet that starts asks for the same few documents. */
const MOST = 256
const LONGEST = 16_384

/**
 * The same function, which remembers what it made of the short texts that it met last; so what it gives is shared. It
 * has to be pure.
 */
export function remembered<Text extends string, Result extends object | string> (make: (text: Text) => Result): (text: Text) => Result {
  const results = new Map<Text, Result>()
  return text => {
    const known = results.get(text)
    if (known !== undefined) return known
    const result = make(text)
    if (text.length > LONGEST) return result
    if (results.size === MOST) results.delete(results.keys().next().value!)
    results.set(text, result)
    return result
  }
}
