const LONGEST_QUOTATION = 80

/**
 * Somebody else's text as it may stand in a sentence: in double quotes, control characters escaped, cut after 80
 * characters. Secrets in a url are the caller's to remove first.
 */
export function quoted (text: string): string {
  return JSON.stringify(text.length > LONGEST_QUOTATION ? `${text.slice(0, LONGEST_QUOTATION)}…` : text)
}
