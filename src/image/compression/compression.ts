/** How bytes are compressed, as far as the verifier reads it. */
export type Compression = 'none' | 'gzip' | 'zstd'

const MAGICS: readonly (readonly [compression: Compression | 'bzip2' | 'xz', magic: Buffer])[] = [
  ['gzip', Buffer.from([0x1f, 0x8b])],
  ['zstd', Buffer.from([0x28, 0xb5, 0x2f, 0xfd])],
  ['bzip2', Buffer.from('BZh')],
  ['xz', Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00])]
]

/** How many bytes of a file tell its compression. */
export const MAGIC_BYTES = 6

/** Tells the compression by the first bytes; what is not known is not compressed. */
export function compressionOf (head: Buffer): Compression | 'bzip2' | 'xz' {
  if (isSkippableFrame(head)) return 'zstd'
  return MAGICS.find(([, magic]) => head.subarray(0, magic.length).equals(magic))?.[0] ?? 'none'
}

/** Whether a file begins with a frame of zstd that is skipped, as pzstd writes them (RFC 8878, 3.1.2). */
export function isSkippableFrame (head: Buffer): boolean {
  return head.length >= 4 && head[0]! >> 4 === 5 && head.readUIntLE(1, 3) === 0x184d2a
}
