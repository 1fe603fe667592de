import { endOfString } from './json-string.js'

const QUOTE = 0x22
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
        at = endOfString(json, at) - 1
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

function escape (character: string): string {
  return '\\u' + character.charCodeAt(0).toString(16).padStart(4, '0')
}
