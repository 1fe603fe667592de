/** What an entry of a tar is; `other` is everything that neither files nor images have. */
export type TarEntryType =
  'file' | 'directory' | 'symlink' | 'hardlink' | 'device' | 'fifo' | 'sparse' | 'other' |
  'pax' | 'pax-global' | 'gnu-name' | 'gnu-link'

/** One 512-byte header block. Names are raw bytes: their encoding is for the reader to judge. */
export interface TarHeader {
  readonly type: TarEntryType
  /** Of the seventh edition, where a slash at the end of the name makes a directory. */
  readonly untyped: boolean
  readonly name: Buffer
  readonly link: Buffer
  readonly size: number
  /** Whether blocks follow in which a sparse file's map goes on. */
  readonly mapContinues: boolean
}

const TYPES: Readonly<Record<string, TarEntryType>> = {
  '\0': 'file',
  0: 'file',
  1: 'hardlink',
  2: 'symlink',
  3: 'device',
  4: 'device',
  5: 'directory',
  6: 'fifo',
  S: 'sparse',
  x: 'pax',
  g: 'pax-global',
  L: 'gnu-name',
  K: 'gnu-link'
}

const NUMBERS: readonly (readonly [name: string, start: number, end: number])[] = [
  ['mode', 100, 108],
  ['user', 108, 116],
  ['group', 116, 124],
  ['modification time', 136, 148],
  ['device', 329, 337],
  ['device', 337, 345],
  ['access time', 345, 357],
  ['change time', 357, 369]
]

// star keeps the times elsewhere.
const STAR_NUMBERS: typeof NUMBERS = [...NUMBERS, ['access time', 476, 488], ['change time', 488, 500]]

const CHECKSUM = 148
const MAP_CONTINUES = 482
const SPACE = 0x20

export const BLOCK_BYTES = 512

/**
 * Reads a header of POSIX ustar, GNU or the seventh edition, sizes in octal or base 256.
 *
 * @throws Error that says what is wrong with the block.
 */
export function parseTarHeader (block: Buffer): TarHeader {
  verifyChecksum(block)
  const type = TYPES[String.fromCharCode(block[156]!)] ?? 'other'
  return {
    type,
    untyped: block[156] === 0,
    name: fullName(block),
    link: text(block, 157, 100),
    size: sizeOf(block),
    mapContinues: type === 'sparse' && block[MAP_CONTINUES] !== 0
  }
}

/**
 * Verifies what Go reads of a header beside name, type and size: it takes a header with a broken number for none, and
 * one of GNU with a broken time for one that has a prefix to its name. That, and how the number is written, matters
 * only where `strict`.
 *
 * @throws Error that says what is wrong with the block.
 */
export function verifyTarNumbers (block: Buffer, strict: boolean): void {
  const magic = block.toString('latin1', 257, 265)
  const posix = magic.startsWith('ustar\0')
  const gnu = magic === 'ustar  \0'
  const star = posix && block.toString('latin1', 508, 512) === 'tar\0'
  for (const [name, start, end] of star ? STAR_NUMBERS : NUMBERS) {
    const present = start < 257 || (start < 345 && posix) || (gnu && block[start] !== 0) || start > 369
    if (!present || (gnu && start >= 345 && !strict)) continue
    if (block[start]! >= 0x80) verifyFits(name, block.subarray(start, end))
    else if (!(strict ? octal(block.subarray(start, end)) !== undefined : isOctalToGo(block, start, end))) {
      throw new Error(`its ${name} is not a number`)
    }
  }
}

// Old writers summed signed bytes; readers accept both, and so must this one.
function verifyChecksum (block: Buffer): void {
  const stored = octal(block.subarray(CHECKSUM, CHECKSUM + 8))
  let unsigned = 8 * SPACE
  let negative = 0
  for (let index = 0; index < BLOCK_BYTES; index++) {
    if (index === CHECKSUM) index += 8
    const byte = block[index]!
    unsigned += byte
    if (byte > 127) negative++
  }
  if (stored === undefined || (stored !== unsigned && stored !== unsigned - 256 * negative)) {
    throw new Error('its checksum is wrong')
  }
}

// GNU tar keeps times where ustar keeps the prefix, and star in the last part of it.
function fullName (block: Buffer): Buffer {
  const name = text(block, 0, 100)
  const posix = block.toString('latin1', 257, 263) === 'ustar\0'
  const star = block.toString('latin1', 508, 512) === 'tar\0'
  const prefix = posix ? text(block, 345, star ? 131 : 155) : Buffer.alloc(0)
  return prefix.length === 0 ? name : Buffer.concat([prefix, Buffer.from('/'), name])
}

function sizeOf (block: Buffer): number {
  const field = block.subarray(124, 136)
  const size = field[0]! >= 0x80 ? base256(field) : octal(field)
  if (size === undefined) throw new Error('its size is not a number')
  if (!Number.isSafeInteger(size)) throw new Error('its size is out of range')
  return size
}

// The first bit marks the notation, the second is the sign.
function base256 (field: Buffer): number {
  if ((field[0]! & 0x40) !== 0) return -Infinity
  return field.subarray(1).reduce((value, byte) => value * 256 + byte, field[0]! & 0x3f)
}

/** In base 256 a field may hold more than Go's 64 bits with a sign. */
function verifyFits (name: string, field: Buffer): void {
  const inverted = (field[0]! & 0x40) !== 0 ? 0xff : 0
  const beyond = field.subarray(0, -8).some((byte, at) => ((byte ^ inverted) & (at === 0 ? 0x7f : 0xff)) !== 0)
  if (beyond || (field.length > 8 && ((field.at(-8)! ^ inverted) & 0x80) !== 0)) throw new Error(`its ${name} is out of range`)
}

function octal (field: Buffer): number | undefined {
  const found = /^ *(?:([0-7]+)[ \0]*|\0[ \0]*)?$/.exec(field.toString('latin1'))
  return found === null ? undefined : Number.parseInt(found[1] ?? '0', 8)
}

/** Go goes by what is between zeros and spaces, as far as the first zero; layers have millions of such fields. */
function isOctalToGo (block: Buffer, start: number, end: number): boolean {
  const first = afterBlanks(block, start, end)
  let at = first
  while (at < end && block[at]! >= 0x30 && block[at]! <= 0x37) at++
  return (at > first && block[at] === 0) || afterBlanks(block, at, end) === end
}

function afterBlanks (block: Buffer, start: number, end: number): number {
  let at = start
  while (at < end && (block[at] === SPACE || block[at] === 0)) at++
  return at
}

// A copy: the block is used again for the next header.
function text (block: Buffer, start: number, length: number): Buffer {
  const end = block.indexOf(0, start)
  return Buffer.from(block.subarray(start, end < 0 || end > start + length ? start + length : end))
}

/** Whether bytes may be the beginning of a tar: a header, or the zeros of one without entries. */
export function isTarHead (head: Buffer): boolean {
  if (head.length < BLOCK_BYTES) return false
  const block = head.subarray(0, BLOCK_BYTES)
  if (block.every(byte => byte === 0)) return true
  try {
    verifyChecksum(block)
    return true
  } catch {
    return false
  }
}

/** Whether the block says something about the entry after it rather than being one. */
export function isExtension (header: TarHeader): boolean {
  return header.type === 'pax' || header.type === 'pax-global' ||
    header.type === 'gnu-name' || header.type === 'gnu-link'
}
