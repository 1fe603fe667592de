import type { HostileFile } from './hostile.js'
import { podmanArchive, sampleImage } from './sample-image.js'
import { END, entry, field, gnuName, pax, tar } from './tar-writer.js'
import type { EntrySpec } from './tar-writer.js'

const good = podmanArchive(sampleImage())
const whole = tar(good)
const first = whole.subarray(0, 512)
const manifest = good.at(-2)!
const renamed = { ...manifest, name: 'other' }
const LONG = 'long/'.repeat(40)

/** Files whose tar is broken, or means something else to another reader. */
export const HOSTILE_TARS: readonly HostileFile[] = [
  corrupt('a header with a wrong checksum', spoilt(148 + 2, 0x39), /checksum/),
  corrupt('a header whose name was changed', spoilt(3, 0x21), /checksum/),
  corrupt('a size that is not octal', withFirst({ size: '0000000000z' }), /size is not a number/),
  corrupt('a size with letters after the digits', withFirst({ size: '0000001 234' }), /size is not a number/),
  corrupt('a negative base-256 size', withFirst({ size: base256(0xff) }), /size is out of range/),
  corrupt('a base-256 size beyond all files', withFirst({ size: base256(0xbf) }), /size is out of range/),
  corrupt('a hard link with content', withFirst({ type: '1', link: 'x' }), /a hardlink with content/),
  corrupt('an old directory by its PAX name, with content',
    tar([...good.slice(0, -2), pax({ path: 'manifest.json/' }), { ...manifest, type: '\0' }]),
    /directory with content/),
  corrupt('a directory with content', withFirst({ type: '5', name: 'd/' }), /a directory with content/),
  corrupt('a symbolic link with content', withFirst({ type: '2', link: 'x' }), /a symlink with content/),
  corrupt('a name that is not UTF-8', withFirst({ spoil: nameBytes([0x61, 0xff]) }), /not UTF-8/),
  corrupt('a PAX record of the wrong length', before({ name: 'p', type: 'x', content: '99 path=a\n' }),
    /length it states/),
  corrupt('a PAX record without a key', before({ name: 'p', type: 'x', content: '6 =ab\n' }), /no key/),
  corrupt('a PAX length that is no number', before({ name: 'p', type: 'x', content: 'x path=a\n' }),
    /length it states/),
  corrupt('a PAX size that is no number', before(pax({ size: '1e3' })), /PAX size/),
  corrupt('a PAX size with a sign', before(pax({ size: '+7' })), /PAX size/),
  corrupt('a PAX time that is no number', before(pax({ mtime: 'noon' })), /PAX mtime is not a number/),
  corrupt('a PAX user that is no number', before(pax({ uid: 'root' })), /PAX uid is not a number/),
  corrupt('a mode that is no number', withFirst({ spoil: field(100, 'rwxrwx\0') }), /mode is not a number/),
  corrupt('an owner that is no number', withFirst({ spoil: field(108, 'nobody\0') }), /user is not a number/),
  corrupt('a time that is no number', withFirst({ spoil: field(136, 'yesterday\0') }), /time is not a number/),
  corrupt('a base-256 time of more than 64 bits, which Go takes for no header',
    withFirst({ spoil: field(136, Buffer.from('d13030303030303030303000', 'hex')) }), /modification time is out of range/),
  corrupt('a base-256 time of 64 bits, without one for the sign',
    withFirst({ spoil: field(136, Buffer.from('80000000ffffffffffffffff', 'hex')) }), /modification time is out of range/),
  corrupt('a GNU header with a prefix, which only Go adds to the name',
    tar([...good.slice(0, -2), { ...manifest, magic: 'ustar  \0', prefix: 'elsewhere/else' }]), /access time/),
  corrupt('a time of star that is no number',
    withFirst({ spoil: field(476, `yesterday\0${'\0'.repeat(22)}tar\0`) }), /access time is not a number/),
  corrupt('an empty PAX path', before(pax({ path: '' })), /empty path/),
  corrupt('a PAX header that repeats its path',
    before({ name: 'p', type: 'x', content: '8 path=a\n8 path=b\n'.replaceAll('8 ', '9 ') }), /repeats "path"/),
  corrupt('two PAX headers for one entry', before(pax({ path: 'a' }), pax({ path: 'b' })), /two PAX headers/),
  corrupt('two PAX headers, of which Go reads only the last',
    tar([...good.slice(0, -2), pax({ path: 'manifest.json' }), pax({ comment: 'x' }), renamed]), /two PAX headers/),
  corrupt('a flood of PAX headers', before(...Array.from({ length: 100 }, (_, at) => pax({ [`k${at}`]: 'x' }))),
    /two PAX headers/),
  corrupt('two GNU names for one entry', before(gnuName('a'), gnuName('b')), /two extended headers state its path/),
  corrupt('two GNU link names for one entry', before(gnuName('a', 'K'), gnuName('b', 'K')), /state its linkpath/),
  corrupt('an empty GNU name', before(gnuName('')), /empty path/),
  corrupt('a GNU name and a PAX path for one entry', before(gnuName('a'), pax({ path: 'b' })), /two extended headers/),
  corrupt('a global header that names entries', before(pax({ path: 'other' }, 'g')), /global PAX header/),
  corrupt('a global header that sets sizes', before(pax({ size: '1' }, 'g')), /global PAX header/),
  corrupt('a global header by whose name skopeo takes it for the manifest',
    before({ ...pax({ comment: 'x' }, 'g'), name: 'manifest.json' }), /global PAX header/),
  corrupt('a global header, after which Go forgets the name before it',
    tar([...good.slice(0, -2), pax({ path: 'manifest.json' }), pax({ comment: 'x' }, 'g'), renamed]),
    /global PAX header/),
  corrupt('an extended header without an entry', Buffer.concat([entry(pax({ path: 'a' })), END]), /has no entry/),
  corrupt('a header after one zero block', Buffer.concat([Buffer.alloc(512), whole]), /follows a zero block/),
  {
    title: 'an extended header of megabytes',
    file: before(pax({ comment: 'x'.repeat(100_000) })),
    code: 'IMAGE_LIMIT_EXCEEDED',
    says: /extended header of 100\d\d\d bytes/
  },
  truncated('nothing', Buffer.alloc(0), /empty/),
  truncated('half a header', whole.subarray(0, 100), /without its end mark/),
  truncated('a tar cut in a layer', whole.subarray(0, 1000), /bytes of an entry are missing/),
  truncated('a tar without an end mark', whole.subarray(0, -1024), /without its end mark/),
  truncated('a tar with half an end mark', whole.subarray(0, -512), /without its end mark/),
  truncated('a tar that ends after an extended header', entry(gnuName(LONG)), /without its end mark/),
  trailing('a second tar after the first', Buffer.concat([whole, whole])),
  trailing('one byte after the end mark', Buffer.concat([whole, Buffer.from('x')])),
  trailing('a byte after megabytes of zeros', Buffer.concat([whole, Buffer.alloc(3_000_000), Buffer.from('x')]))
]

function corrupt (title: string, file: Buffer, says: RegExp): HostileFile {
  return { title, file, code: 'IMAGE_CORRUPT', says }
}

function truncated (title: string, file: Buffer, says: RegExp): HostileFile {
  return { title, file, code: 'IMAGE_TRUNCATED', says }
}

function trailing (title: string, file: Buffer): HostileFile {
  return { title, file, code: 'IMAGE_TRAILING_DATA', says: /goes on after its end mark/ }
}

function spoilt (offset: number, byte: number): Buffer {
  const header = Buffer.from(first)
  header[offset] = byte
  return Buffer.concat([header, whole.subarray(512)])
}

function withFirst (change: Partial<EntrySpec>): Buffer {
  return tar([{ name: 'first', content: 'content', ...change }, ...good])
}

function before (...specs: readonly EntrySpec[]): Buffer {
  return tar([...specs, ...good])
}

function base256 (lead: number): Buffer {
  return Buffer.alloc(12, lead)
}

function nameBytes (bytes: readonly number[]): (header: Buffer) => void {
  return field(0, Buffer.concat([Buffer.from(bytes), Buffer.alloc(98)]))
}
