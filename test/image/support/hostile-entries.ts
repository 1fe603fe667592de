import type { ErrorCode } from '../../../src/errors.js'
import type { HostileFile } from './hostile.js'
import { digest, hex, manifestJson, oldDockerArchive, podmanArchive, sampleImage } from './sample-image.js'
import { ociArchive } from './sample-layout.js'
import { gnuName, pax, tar } from './tar-writer.js'
import type { EntrySpec } from './tar-writer.js'

const image = sampleImage()
const good = podmanArchive(image)
const config = `${hex(image.config)}.json`
const layers = image.layers.map(layer => `${hex(layer)}.tar`)

/** Files whose tar is sound, and whose entries are not those of an image. */
export const HOSTILE_ENTRIES: readonly HostileFile[] = [
  refused('an absolute name', { name: '/etc/passwd' }, /absolute/),
  refused('a name that climbs', { name: 'a/../../b' }, /climbs/),
  refused('a name that climbs and returns', { name: 'a/../b' }, /climbs/),
  refused('a long name that climbs', [gnuName('a/'.repeat(80) + '../b'), { name: 'x' }], /climbs/),
  refused('a PAX name that is absolute', [pax({ path: '/x' }), { name: 'x' }], /absolute/),
  refused('a name with a backslash', { name: 'a\\b' }, /backslash/),
  refused('a name with a control character', { name: 'a\u0007b' }, /U\+0007/),
  refused('a name longer than any', [gnuName('a/'.repeat(600)), { name: 'x' }], /longer than 1024/),
  refused('a name of blanks and a line break', { name: 'a\n' }, /U\+000A/),
  refused('a name with a C1 control character', { name: 'a\u0085b' }, /U\+0085/),
  refused('a blob that is a symbolic link',
    { name: `blobs/sha256/${hex(image.config)}`, type: '2', link: `../../${config}` }, /only layer.tar/),
  refused('a folder that is a symbolic link', { name: 'blobs', type: '2', link: '.' }, /only layer.tar/),
  at('a link whose target has a NUL', [
    ...good, pax({ linkpath: `../${config}\0x` }), { name: 'a/layer.tar', type: '2', link: 'x' }
  ], 'IMAGE_CORRUPT', /NUL in "linkpath"/),
  refused('a link without a target', { name: 'a/layer.tar', type: '2' }, /out of the archive/),
  refused('a contiguous file', { name: 'x', type: '7' }, /kind/),
  refused('a volume header', { name: 'x', type: 'V' }, /kind/),
  refused('a directory of GNU dumps', { name: 'x', type: 'D' }, /kind/),
  at('a name with a NUL', [...good, pax({ path: 'a\0b' }), { name: 'x' }], 'IMAGE_CORRUPT', /NUL in "path"/),
  at('an owner with a NUL', [...good, pax({ uname: 'a\0b' }), { name: 'x' }], 'IMAGE_CORRUPT', /NUL in "uname"/),
  at('a GNU name with a line break', [...good, gnuName('a\nb'), { name: 'x' }], 'IMAGE_ENTRY_REFUSED', /U\+000A/),
  refused('a file that is the root', { name: './', magic: 'ustar\x0000', type: '0' }, /without a name/),
  refused('a file with the name of a directory', { name: 'manifest.json/' }, /name of a directory/),
  refused('a character device', { name: 'null', type: '3' }, /device/),
  refused('a block device', { name: 'disk', type: '4' }, /device/),
  refused('a named pipe', { name: 'pipe', type: '6' }, /named pipe/),
  refused('a hard link', { name: 'link', type: '1', link: config }, /hard link/),
  refused('a sparse file', { name: 'sparse', type: 'S' }, /sparse/),
  refused('a PAX sparse file', [pax({ 'GNU.sparse.major': '1' }), { name: 'x' }], /sparse/),
  refused('an entry of an unknown kind', { name: 'x', type: 'M' }, /kind/),
  refused('a link out of the archive', { name: 'a/layer.tar', type: '2', link: '../../x' }, /out of the archive/),
  refused('an absolute link', { name: 'a/layer.tar', type: '2', link: '/etc/passwd' }, /out of the archive/),
  refused('a link that is no layer', { name: 'b.json', type: '2', link: config }, /only layer.tar/),
  refused('a file under a link', [
    { name: 'z/layer.tar', type: '2', link: `../${config}` }, { name: 'z/layer.tar/x' }
  ], /not a directory/),
  refused('a file under a file', { name: `${config}/x` }, /not a directory/),
  at('a link to nothing', [...good, { name: 'z/layer.tar', type: '2', link: 'x' }], 'IMAGE_ENTRY_MISSING', /points to/),
  at('a link to a link', [
    ...good, { name: 'y/layer.tar', type: '2', link: '../z/layer.tar' },
    { name: 'z/layer.tar', type: '2', link: `../${config}` }
  ], 'IMAGE_ENTRY_MISSING', /not a file/),
  duplicate('two manifests', good.at(-2)!),
  duplicate('two manifests, spelt differently', { ...good.at(-2)!, name: './manifest.json' }),
  duplicate('two configs with repeated slashes', { name: `.//${config}` }),
  duplicate('a directory named as a file', { name: 'manifest.json/', type: '5' }),
  missing('no config', good.filter(({ name }) => name !== config), new RegExp(config)),
  missing('no layer', oldDockerArchive(image).filter(({ name }) => !name.endsWith('b0/layer.tar')), /layer\.tar/),
  missing('a layer that only a climbing name would reach', [
    ...good.slice(0, -2), manifestJson([{ Config: config, Layers: ['none.tar'] }])
  ], /none\.tar/),
  at('a layer named with a climbing name', [
    ...good.slice(0, -2), manifestJson([{ Config: config, Layers: ['../x.tar'] }])
  ], 'IMAGE_ENTRY_REFUSED', /climbs/),
  missing('an index without oci-layout', ociArchive(image).slice(0, -1), /no oci-layout/),
  missing('oci-layout without an index', ociArchive(image).filter(({ name }) => name !== 'index.json'),
    /no index\.json/),
  at('a tar of something else', [{ name: 'readme', content: 'hello' }], 'IMAGE_NOT_FOUND', /no image/),
  at('an empty tar', [], 'IMAGE_NOT_FOUND', /no image/),
  mismatch('a config that was changed', good.map(spec => spec.name === config
    ? { ...spec, content: image.config.toString().replace('hello', 'hullo') }
    : spec), /image config/),
  mismatch('a layer that was changed', good.map(spec => spec.name === layers[0]
    ? { ...spec, content: Buffer.concat([spec.content as Buffer, Buffer.alloc(512)]) }
    : spec), new RegExp(digest(image.layers[0]!))),
  mismatch('layers in the wrong order', [
    ...good.slice(0, -2), manifestJson([{ Config: config, Layers: [...layers].reverse() }])
  ], /where the image config names/),
  mismatch('a blob that is not its name', ociArchive(image).map((spec, index) => index === 3
    ? { ...spec, content: Buffer.concat([spec.content as Buffer, Buffer.from(' ')]) }
    : spec), /blob .* has the content of/)
]

function at (title: string, entries: readonly EntrySpec[], code: ErrorCode, says: RegExp): HostileFile {
  return { title, file: tar(entries), code, says }
}

function refused (title: string, added: EntrySpec | EntrySpec[], says: RegExp): HostileFile {
  return at(title, good.concat(added), 'IMAGE_ENTRY_REFUSED', says)
}

function duplicate (title: string, added: EntrySpec): HostileFile {
  return at(title, good.concat(added), 'IMAGE_ENTRY_DUPLICATE', /two entries named/)
}

function missing (title: string, entries: readonly EntrySpec[], says: RegExp): HostileFile {
  return at(title, entries, 'IMAGE_ENTRY_MISSING', says)
}

function mismatch (title: string, entries: readonly EntrySpec[], says: RegExp): HostileFile {
  return at(title, entries, 'IMAGE_CHECKSUM_MISMATCH', says)
}
