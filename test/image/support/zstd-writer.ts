const MAGIC = 0xfd2fb528
const BLOCK_BYTES = 128 * 1024
// A window descriptor for 1 MiB (RFC 8878, 3.1.1.1.2).
const WINDOW = 10 << 3

/** One zstd frame of raw blocks, or of run-length blocks where the bytes are all the same; it needs no library. */
export function zstd (bytes: Buffer): Buffer {
  const head = Buffer.alloc(6)
  head.writeUInt32LE(MAGIC)
  head[5] = WINDOW
  const count = Math.max(1, Math.ceil(bytes.length / BLOCK_BYTES))
  const starts = Array.from({ length: count }, (_, index) => index * BLOCK_BYTES)
  const blocks = starts.map(start => block(bytes.subarray(start, start + BLOCK_BYTES), start === starts.at(-1)))
  return Buffer.concat([head, ...blocks])
}

function block (content: Buffer, last: boolean): Buffer {
  const same = content.length > 1 && content.every(byte => byte === content[0])
  const header = Buffer.alloc(3)
  header.writeUIntLE(Number(last) | (same ? 1 : 0) << 1 | content.length << 3, 0, 3)
  return Buffer.concat([header, same ? content.subarray(0, 1) : content])
}
