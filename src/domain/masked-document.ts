import { withoutSignature, withoutUserinfo } from './userinfo.js'

/** A string of JSON, with the key before it where it is a url by its name. */
const STRINGS = /("urls?"\s*:\s*)?("(?:[^"\\]|\\.)*")/gs

const OF_SCHEME = /[\w+.-]/

/** Most documents have none of it. */
const SUSPECT = /@|\\u0040|(?:signature|credential|token|keyid|sig)(?:=|\\u003d)/i

/**
 * A document (JSON text) without the `user:secret@` of its urls and what signs them, wherever they are: in fields, in
 * JSON within a string as `urls` holds it, in the middle of a text. All else stays as it is, digit by digit.
 */
export function maskedDocument (json: string): string {
  return SUSPECT.test(json) ? masked(json, false) : json
}

/** With `urlsOnly` every string of it is a url. */
function masked (json: string, urlsOnly: boolean): string {
  return json.replace(STRINGS, (whole, key: string | undefined, token: string) => {
    if (!SUSPECT.test(token)) return whole
    const text = JSON.parse(token) as string
    const without = maskedText(text, urlsOnly || key !== undefined)
    return without === text ? whole : `${key ?? ''}${JSON.stringify(without)}`
  })
}

function maskedText (text: string, isUrl: boolean): string {
  if (/^\s*[{[]/.test(text) && isJson(text)) return masked(text, isUrl)
  if (isUrl) return withoutSignature(withoutUserinfo(text))
  return text.replace(/\S+/g, maskedWord)
}

/** A word with a url in it, by steps that take no longer than the word is long. */
function maskedWord (word: string): string {
  const slashes = word.indexOf('//')
  if (slashes === -1 || !/[@=]/.test(word.slice(slashes))) return word
  let start = word[slashes - 1] === ':' ? slashes - 1 : slashes
  while (start > 0 && OF_SCHEME.test(word[start - 1]!)) start--
  return word.slice(0, start) + withoutSignature(withoutUserinfo(word.slice(start)))
}

function isJson (text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
