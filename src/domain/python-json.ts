const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const COLON = 0x3a
const NOT_ASCII = /[\x7f-\uffff]/
const EACH_NOT_ASCII = /[\x7f-\uffff]/g

/**
 * Valid JSON printed the way Python's `json.dumps` prints it: `", "` and `": "`, no other white space outside strings,
 * characters outside printable ASCII as `\uXXXX`. Numbers and escapes that are in the text stay as they are. Takes
 * time in proportion to the length; what it makes of invalid JSON is undefined.
 */
export function pythonJson (json: string): string {
  return respace(NOT_ASCII.test(json) ? json.replace(EACH_NOT_ASCII, escape) : json)
}

function respace (json: string): string {
  let printed = ''
  let from = 0
  for (let at = 0; at < json.length; at++) {
    switch (json.charCodeAt(at)) {
      case QUOTE:
        at = endOfString(json, at)
        break
      case COMMA:
      case COLON:
        printed += json.slice(from, at + 1) + ' '
        from = at + 1
        break
      case 0x20: // space, tab, line feed, carriage return
      case 0x09:
      case 0x0a:
      case 0x0d:
        printed += json.slice(from, at)
        from = at + 1
    }
  }
  return printed + json.slice(from)
}

/** The position of the quote that ends the string begun at `start`: the first after an even run of backslashes. */
function endOfString (json: string, start: number): number {
  let end = start
  do {
    end = json.indexOf('"', end + 1)
    if (end === -1) return json.length
  } while (json.charCodeAt(end - 1) === BACKSLASH && isEscaped(json, end))
  return end
}

function isEscaped (json: string, at: number): boolean {
  let before = at - 1
  while (json.charCodeAt(before) === BACKSLASH) before--
  return (at - before) % 2 === 0
}

function escape (character: string): string {
  return '\\u' + character.charCodeAt(0).toString(16).padStart(4, '0')
}
