const PERCENT = 0x25
const DIGITS = Buffer.from('0123456789ABCDEF')

/**
 * Decodes percent-encoded text as far as it can be: bytes that are not UTF-8 remain percent text (in upper case), and
 * a percent sign without two hexadecimal digits remains as it is. That is Werkzeug's rule; `decodeURIComponent`
 * throws in both cases, and agrees otherwise. Takes time linear in the text.
 */
export function percentDecode (text: string): string {
  const source = Buffer.from(text, 'utf8')
  // What has to be quoted was quoted in the text, so the answer is never longer.
  const answer = Buffer.allocUnsafe(source.length)
  const bytes = decodeBytes(source)
  let length = 0
  for (let at = 0; at < bytes.length;) {
    const sequence = sequenceLength(bytes, at)
    if (sequence === 0) length = quote(bytes[at] ?? 0, answer, length)
    else for (let i = 0; i < sequence; i++) answer[length++] = bytes[at + i] ?? 0
    at += sequence || 1
  }
  return answer.toString('utf8', 0, length)
}

/** The bytes that percent-encoded text stands for; overwrites `text`. */
function decodeBytes (text: Buffer): Buffer {
  let length = 0
  for (let at = 0; at < text.length; at++) {
    const byte = text[at] === PERCENT ? hexByte(text, at + 1) : -1
    text[length++] = byte < 0 ? text[at] ?? 0 : byte
    if (byte >= 0) at += 2
  }
  return text.subarray(0, length)
}

/** The byte written as two hexadecimal digits at an offset, or -1 where there are none. */
function hexByte (text: Buffer, at: number): number {
  const high = hexDigit(text[at])
  const low = hexDigit(text[at + 1])
  return high < 0 || low < 0 ? -1 : high * 16 + low
}

function hexDigit (character = 0): number {
  if (character >= 0x30 && character <= 0x39) return character - 0x30
  const letter = character | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
}

/** How long the well-formed UTF-8 sequence at an offset is (The Unicode Standard, table 3-7); 0 where there is none. */
function sequenceLength (bytes: Buffer, at: number): number {
  const lead = bytes[at] ?? 0
  if (lead < 0x80) return 1
  if (lead < 0xc2 || lead > 0xf4) return 0
  const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
  let point = lead & (0x7f >> length)
  for (let i = 1; i < length; i++) {
    const byte = bytes[at + i] ?? 0
    if ((byte & 0xc0) !== 0x80) return 0
    point = point << 6 | (byte & 0x3f)
  }
  if (length === 3 && (point < 0x800 || (point >= 0xd800 && point <= 0xdfff))) return 0
  return length === 4 && (point < 0x10000 || point > 0x10ffff) ? 0 : length
}

/** Writes a byte as percent text, and gives the position behind it. */
function quote (byte: number, into: Buffer, at: number): number {
  into[at] = PERCENT
  into[at + 1] = DIGITS[byte >> 4] ?? 0
  into[at + 2] = DIGITS[byte & 0xf] ?? 0
  return at + 3
}
