const SPACE = 0x20
const EQUALS = 0x3d
const NEWLINE = 0x0a

/** The records of a PAX extended header, key to raw value; of a repeated key the last. */
export interface PaxRecords {
  readonly values: ReadonlyMap<string, Buffer>
  /** A key that stands there twice. */
  readonly repeated: string | undefined
}

/**
 * Reads the records, `<length> <key>=<value>\n` each, where the length counts the whole record.
 *
 * @throws Error that says what is wrong with the records.
 */
export function parsePaxRecords (bytes: Buffer): PaxRecords {
  const values = new Map<string, Buffer>()
  let repeated: string | undefined
  for (let start = 0; start < bytes.length;) {
    const space = bytes.indexOf(SPACE, start)
    const length = space < 0 ? '' : bytes.toString('latin1', start, space)
    const end = start + Number(length)
    if (!/^[1-9][0-9]{0,9}$/.test(length) || end > bytes.length || bytes[end - 1] !== NEWLINE) {
      throw new Error('a PAX record does not have the length it states')
    }
    const equals = bytes.indexOf(EQUALS, space)
    if (equals <= space + 1 || equals >= end) throw new Error('a PAX record has no key')
    const key = bytes.toString('utf8', space + 1, equals)
    if (values.has(key)) repeated = key
    values.set(key, bytes.subarray(equals + 1, end - 1))
    start = end
  }
  return { values, repeated }
}
