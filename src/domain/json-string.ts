const BACKSLASH = 0x5c

/**
 * The position behind the string of a JSON text that begins at `start`, behind the first quote after an even run of
 * backslashes; the text's length when it does not end.
 */
export function endOfString (json: string, start: number): number {
  let end = start
  do {
    end = json.indexOf('"', end + 1)
    if (end < 0) return json.length
  } while (json.charCodeAt(end - 1) === BACKSLASH && isEscaped(json, end))
  return end + 1
}

function isEscaped (json: string, at: number): boolean {
  let before = at - 1
  while (json.charCodeAt(before) === BACKSLASH) before--
  return (at - before) % 2 === 0
}
