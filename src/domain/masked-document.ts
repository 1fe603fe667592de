import { withoutUserinfo } from './userinfo.js'

/** A string of JSON, with the key before it where it is a url by its name. */
const STRINGS = /("urls?"\s*:\s*)?("(?:[^"\\]|\\.)*")/gs

/**
 * A document (JSON text) without the `user:secret@` of its urls, wherever they are: in fields, in JSON within a string
 * as `urls` holds it, in the middle of a text. All else stays as it is, digit by digit.
 */
export function maskedDocument (json: string): string {
  return json.includes('@') || json.includes('\\u0040') ? masked(json, false) : json
}

/** With `urlsOnly` every string of it is a url. */
function masked (json: string, urlsOnly: boolean): string {
  return json.replace(STRINGS, (whole, key: string | undefined, token: string) => {
    if (!token.includes('@') && !token.includes('\\u0040')) return whole
    const text = JSON.parse(token) as string
    const without = maskedText(text, urlsOnly || key !== undefined)
    return without === text ? whole : `${key ?? ''}${JSON.stringify(without)}`
  })
}

function maskedText (text: string, isUrl: boolean): string {
  if (/^\s*[{[]/.test(text) && isJson(text)) return masked(text, isUrl)
  if (isUrl) return withoutUserinfo(text)
  return text.replace(/\S*\/\/\S*@\S*/g, word => {
    const start = Math.max(0, word.search(/[\w+.-]*:?\/\//))
    return word.slice(0, start) + withoutUserinfo(word.slice(start))
  })
}

function isJson (text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
