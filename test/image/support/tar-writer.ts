/** What a tar entry is made of; anything that is left out is as tar writes it. */
export interface EntrySpec {
  readonly name: string
  readonly content?: Buffer | string
  readonly type?: string
  readonly link?: string
  /** What the header states instead of the content's length. */
  readonly size?: number | string | Buffer
  readonly magic?: string
  readonly prefix?: string
  /** Changes the finished header, after its checksum. */
  readonly spoil?: (header: Buffer) => void
}

export const END = Buffer.alloc(1024)

/** A whole tar, with its end mark. */
export function tar (entries: readonly EntrySpec[]): Buffer {
  return Buffer.concat([...entries.map(entry), END])
}

/** One entry: header, content, padding. */
export function entry (spec: EntrySpec): Buffer {
  const content = Buffer.from(spec.content ?? '')
  return Buffer.concat([header(spec, content.length), content, Buffer.alloc((512 - content.length % 512) % 512)])
}

/** PAX records before an entry. */
export function pax (records: Readonly<Record<string, string>>, type = 'x'): EntrySpec {
  const content = Object.entries(records).map(([key, value]) => record(key, value)).join('')
  return { name: 'PaxHeaders/x', type, content }
}

export function record (key: string, value: string): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`)
  let length = rest + String(rest).length
  if (String(length).length > String(rest).length) length = rest + String(length).length
  return `${length} ${key}=${value}\n`
}

/** GNU's long name before an entry. */
export function gnuName (name: string, type = 'L'): EntrySpec {
  return { name: '././@LongLink', type, content: `${name}\0`, magic: 'ustar  \0' }
}

/** Changes bytes of a header so that its checksum is still right. */
export function field (offset: number, content: Buffer | string): (header: Buffer) => void {
  return header => {
    header.set(Buffer.from(content), offset)
    sum(header)
  }
}

function header (spec: EntrySpec, length: number): Buffer {
  const block = Buffer.alloc(512)
  block.write(spec.name, 0, 100, 'utf8')
  block.write('0000644\0' + '0000000\0' + '0000000\0', 100, 'latin1')
  const size = spec.size ?? length
  if (Buffer.isBuffer(size)) size.copy(block, 124)
  else block.write(typeof size === 'string' ? size : size.toString(8).padStart(11, '0'), 124, 12, 'latin1')
  block.write('00000000000\0', 136, 'latin1')
  block.write(spec.type ?? '0', 156, 1, 'latin1')
  block.write(spec.link ?? '', 157, 100, 'utf8')
  block.write(spec.magic ?? 'ustar\x0000', 257, 8, 'latin1')
  block.write(spec.prefix ?? '', 345, 155, 'utf8')
  sum(block)
  spec.spoil?.(block)
  return block
}

function sum (block: Buffer): void {
  block.fill(' ', 148, 156)
  const total = block.reduce((sum, byte) => sum + byte, 0)
  block.write(`${total.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
}
