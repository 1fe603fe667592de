import { deflateRawSync, gzipSync } from 'node:zlib'
import type { ErrorCode } from '../../../src/errors.js'
import type { ImageRequest } from '../../../src/image/image-request.js'
import type { HostileFile } from './hostile.js'
import { baseLayer, craneArchive, digest, hex, manifestJson, podmanArchive, sampleImage } from './sample-image.js'
import { ociArchive } from './sample-layout.js'
import { field, pax, tar } from './tar-writer.js'
import { zstd } from './zstd-writer.js'

const image = sampleImage()
const whole = tar(podmanArchive(image))
const gzip = gzipSync(whole)
const frames = zstd(whole)
const zeros = Buffer.alloc(40_000_000)
// "hello" as the zstd program compresses it, with a checksum.
const CHECKED = Buffer.from('28b52ffd045829000068656c6c6fa36d9f88', 'hex')
// What does not become shorter than a tar header.
const dense = Buffer.from(Array.from({ length: 50 }, (_, at) => hex(String(at))).join(''))
const SMALL = { ratioFloorBytes: 1_000_000 }

/** Files whose compression is broken or a weapon, and files that are too much. */
export const HOSTILE_STREAMS: readonly HostileFile[] = [
  is('bzip2', Buffer.from('BZh91AY&SY0123456789'), 'IMAGE_COMPRESSION_UNSUPPORTED', /bzip2/),
  is('xz', Buffer.from('fd377a585a000004e6d6b446', 'hex'), 'IMAGE_COMPRESSION_UNSUPPORTED', /xz/),
  is('bytes that are nothing', Buffer.alloc(2000, 'hello'), 'IMAGE_CORRUPT', /checksum/),
  is('gzip cut at half', gzip.subarray(0, gzip.length / 2), 'IMAGE_TRUNCATED', /middle of its gzip data/),
  is('gzip without its trailer', gzip.subarray(0, -8), 'IMAGE_TRUNCATED', /gzip/),
  is('gzip without its last byte', gzip.subarray(0, -1), 'IMAGE_TRUNCATED', /gzip/),
  is('gzip with a wrong CRC', flipped(gzip, gzip.length - 8), 'IMAGE_CORRUPT', /not sound gzip/),
  is('gzip with a wrong length', flipped(gzip, gzip.length - 4), 'IMAGE_CORRUPT', /not sound gzip/),
  is('gzip with a broken block', flipped(gzip, 12), 'IMAGE_CORRUPT', /not sound gzip/),
  is('gzip and then junk', Buffer.concat([gzip, Buffer.from('junk')]),
    'IMAGE_TRAILING_DATA', /end of its compressed data/),
  is('gzip and then zeros', Buffer.concat([gzip, Buffer.alloc(512)]),
    'IMAGE_TRAILING_DATA', /end of its compressed data/),
  is('gzip, zeros and then gzip', Buffer.concat([gzip, Buffer.alloc(1), gzip]),
    'IMAGE_TRAILING_DATA', /end of its compressed data/),
  is('gzip and then megabytes', Buffer.concat([gzip, zeros]),
    'IMAGE_TRAILING_DATA', /end of its compressed data/),
  is('gzip and then half a header', Buffer.concat([gzip, gzip.subarray(0, 5)]), 'IMAGE_TRUNCATED', /gzip data/),
  is('gzip and then one byte of a header', Buffer.concat([gzip, gzip.subarray(0, 1)]), 'IMAGE_TRUNCATED', /gzip data/),
  is('gzip and then zstd', Buffer.concat([gzip, frames]), 'IMAGE_TRAILING_DATA', /end of its compressed data/),
  is('gzip and then the tar as it is', Buffer.concat([gzip, whole]), 'IMAGE_TRAILING_DATA', /compressed data/),
  is('gzip in gzip', gzipSync(gzip), 'IMAGE_CORRUPT', /tar header/),
  is('gzip by a method other than deflate', changed(gzip, 2, 7), 'IMAGE_CORRUPT', /not sound gzip/),
  is('gzip with reserved flags', changed(gzip, 3, 0xe0), 'IMAGE_CORRUPT', /not sound gzip/),
  is('gzip whose header has a wrong checksum', Buffer.concat([
    changed(gzip.subarray(0, 10), 3, 2), Buffer.from([1, 2]), gzip.subarray(10)
  ]), 'IMAGE_CORRUPT', /not sound gzip/),
  is('two tars in two gzip members', Buffer.concat([gzip, gzip]), 'IMAGE_TRAILING_DATA', /end mark/),
  is('zstd cut at half', frames.subarray(0, frames.length / 2), 'IMAGE_TRUNCATED', /zstd frame/),
  is('zstd without its last byte', frames.subarray(0, -1), 'IMAGE_TRUNCATED', /zstd frame/),
  is('zstd with a wrong checksum', flipped(CHECKED, CHECKED.length - 1), 'IMAGE_CORRUPT', /not sound zstd/),
  is('zstd and then junk', Buffer.concat([frames, Buffer.from('junkjunk')]), 'IMAGE_TRAILING_DATA', /last zstd frame/),
  is('zstd and then gzip', Buffer.concat([frames, gzip]), 'IMAGE_TRAILING_DATA', /last zstd frame/),
  is('zstd and then a tar', Buffer.concat([frames, whole]), 'IMAGE_TRAILING_DATA', /last zstd frame/),
  is('two tars in two zstd frames', Buffer.concat([frames, frames]), 'IMAGE_TRAILING_DATA', /end mark/),
  is('zstd in gzip', gzipSync(frames), 'IMAGE_CORRUPT', /tar header/),
  is('zstd with a reserved bit', changed(frames, 4, 8), 'IMAGE_CORRUPT', /not sound zstd/),
  is('zstd with a block of the reserved kind', changed(frames, 6, frames[6]! | 6), 'IMAGE_CORRUPT', /not sound zstd/),
  is('zstd that needs a dictionary', Buffer.concat([
    frames.subarray(0, 4), Buffer.from([1]), frames.subarray(5, 6), Buffer.from([7]), frames.subarray(6)
  ]), 'IMAGE_CORRUPT', /not sound zstd/),
  is('nothing but a zstd frame to skip', Buffer.from('502a4d180400000001020304', 'hex'),
    'IMAGE_TRUNCATED', /end mark/),
  is('zstd that ends in a frame to skip', Buffer.concat([frames, Buffer.from('502a4d18ff00000001', 'hex')]),
    'IMAGE_TRUNCATED', /zstd frame/),
  is('zstd with a window of 256 MiB', zstdHeader(18 << 3), 'IMAGE_LIMIT_EXCEEDED', /128 MiB/),
  limit('a gzip bomb', gzipSync(zeros), SMALL, /bomb/),
  limit('a zstd bomb', zstd(zeros), SMALL, /bomb/),
  limit('a bomb in a layer', tar([{ name: 'layer.tar.gz', content: gzipSync(zeros) }]), SMALL, /bomb/),
  limit('a bomb in a bomb', gzipSync(tar([{ name: 'layer.tar.gz', content: gzipSync(zeros) }])), SMALL, /bomb/),
  limit('more than may come out', gzip, { maxDecompressedBytes: 5000 }, /more than 5000 bytes/),
  limit('more than may be sent', whole, { maxBytes: 5000 }, /larger than 5000 bytes/),
  limit('a bomb of many small layers', tar(Array.from({ length: 20 }, (_, at) => ({
    name: `${at}.tar.gz`, content: gzipSync(zeros.subarray(0, 1_000_000))
  }))), SMALL, /bomb/),
  limit('a bomb of a zstd layer in gzip', gzipSync(tar([{ name: 'layer', content: zstd(zeros) }])), SMALL, /bomb/),
  limit('more entries than any image', tar(Array.from({ length: 101 }, (_, index) => ({ name: `${index}` }))),
    { maxEntries: 100 }, /more than 100 entries/),
  limit('more JSON than any image', tar([
    ...[1, 2].map(index => ({ name: `${index}`, content: `{${' '.repeat(900)}` })),
    ...podmanArchive(sampleImage({ config: { author: 'x'.repeat(1000) } }))
  ]), { maxMetadataBytes: 2000 }, /too many large JSON documents, of which "\w+\.json"/),
  {
    title: 'a manifest larger than any',
    file: tar([{ name: 'manifest.json', content: `[${' '.repeat(2000)}]` }]),
    request: { limits: { maxDocumentBytes: 1000 } },
    code: 'IMAGE_METADATA_INVALID',
    says: /acceptable size/
  },
  layer('a layer that is no tar', Buffer.from('#!/bin/sh'), 'IMAGE_CORRUPT', /is not a tar/),
  layer('an empty layer', Buffer.alloc(0), 'IMAGE_CORRUPT', /is not a tar/),
  layer('a layer cut short', baseLayer(['amd64']).subarray(0, 1600), 'IMAGE_TRUNCATED', /The layer/),
  layer('a layer with a broken header', flipped(baseLayer(['amd64']), 512 + 3), 'IMAGE_CORRUPT', /checksum/),
  layer('a layer in bzip2', Buffer.from('BZh91AY&SY0123456789'), 'IMAGE_COMPRESSION_UNSUPPORTED', /bzip2/),
  layer('a layer in xz', Buffer.from('fd377a585a000004e6d6b446', 'hex'), 'IMAGE_COMPRESSION_UNSUPPORTED', /xz/),
  layer('a layer that begins with a zstd frame to skip', Buffer.concat([
    Buffer.from('502a4d180400000001020304', 'hex'), zstd(baseLayer([]))
  ]), 'IMAGE_COMPRESSION_UNSUPPORTED', /frame to skip/),
  layer('a layer with a size out of range', tar([{ name: 'x', size: Buffer.alloc(12, 0xbf) }]),
    'IMAGE_CORRUPT', /out of range/),
  ...([[100, 'mode'], [108, 'user'], [116, 'group'], [136, 'modification time'], [337, 'device']] as const).map(
    ([offset, name]) => layer(`a layer that Go does not unpack: a ${name} that is no number`,
      tar([{ name: 'x', spoil: field(offset, 'no\0') }]), 'IMAGE_CORRUPT', new RegExp(`its ${name} is not a number`))),
  layer('a layer that Go does not unpack: a PAX time that is no number', tar([pax({ mtime: 'now' }), { name: 'x' }]),
    'IMAGE_CORRUPT', /PAX mtime is not a number/),
  layer('a layer that Go does not unpack: a PAX path with a NUL', tar([pax({ path: 'a\0b' }), { name: 'x' }]),
    'IMAGE_CORRUPT', /NUL in "path"/),
  layer('a layer in gzip twice', gzipSync(gzipSync(dense)), 'IMAGE_CORRUPT', /broken tar header/),
  layer('a layer with an extended header of megabytes', tar([pax({ comment: 'x'.repeat(2 ** 21) }), { name: 'x' }]),
    'IMAGE_LIMIT_EXCEEDED', /extended header/),
  layer('a gzip layer cut short', gzipSync(baseLayer([])).subarray(0, -4), 'IMAGE_TRUNCATED', /gzip/),
  layer('a gzip layer with junk', Buffer.concat([gzipSync(baseLayer([])), Buffer.from('junk')]),
    'IMAGE_TRAILING_DATA', /end of its compressed data/),
  layer('a gzip layer with zeros', Buffer.concat([gzipSync(baseLayer([])), Buffer.alloc(9)]),
    'IMAGE_TRAILING_DATA', /end of its compressed data/),
  layer('a zstd layer cut short', zstd(baseLayer([])).subarray(0, -4), 'IMAGE_TRUNCATED', /zstd/),
  is('a gzip layer of other content', tar(craneArchive(sampleImage({ diffIds: [digest('a'), digest('b')] }))),
    'IMAGE_CHECKSUM_MISMATCH', /where the image config names/),
  is('an OCI layer of other content', tar(ociArchive(sampleImage({ diffIds: [digest('a'), digest('b')] }))),
    'IMAGE_CHECKSUM_MISMATCH', /where the image config names/),
  is('raw deflate', deflateRawSync(whole), 'IMAGE_CORRUPT', /tar header/)
]

function is (title: string, file: Buffer, code: ErrorCode, says: RegExp): HostileFile {
  return { title, file, code, says }
}

function limit (title: string, file: Buffer, limits: ImageRequest['limits'], says: RegExp): HostileFile {
  return { title, file, code: 'IMAGE_LIMIT_EXCEEDED', says, request: { limits } }
}

// An archive that names it by its true digest, so that nothing else is wrong.
function layer (title: string, content: Buffer, code: ErrorCode, says: RegExp): HostileFile {
  const { config } = sampleImage({ diffIds: [digest(content)] })
  const file = tar([
    { name: 'layer', content },
    { name: `${hex(config)}.json`, content: config },
    manifestJson([{ Config: `${hex(config)}.json`, Layers: ['layer'] }])
  ])
  return { title, file, code, says }
}

function changed (bytes: Buffer, at: number, byte: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[at] = byte
  return copy
}

function flipped (bytes: Buffer, at: number): Buffer {
  return changed(bytes, at, bytes[at]! ^ 0x10)
}

function zstdHeader (window: number): Buffer {
  return Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, window]), Buffer.alloc(20)])
}
