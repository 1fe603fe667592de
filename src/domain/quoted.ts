import { withoutUserinfo } from './userinfo.js'

const LONGEST_QUOTATION = 80

/**
 * Somebody else's text as it may stand in a sentence: in double quotes, control characters escaped, cut after 80
 * characters, and without the secrets of a url, which may have come to stand anywhere.
 */
export function quoted (text: string): string {
  const shown = withoutUserinfo(text)
  return JSON.stringify(shown.length > LONGEST_QUOTATION ? `${shown.slice(0, LONGEST_QUOTATION)}…` : shown)
}
