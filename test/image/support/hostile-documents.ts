import type { ErrorCode } from '../../../src/errors.js'
import type { HostileFile } from './hostile.js'
import { hex, manifestJson, NAME, podmanArchive, sampleImage } from './sample-image.js'
import type { SampleImage } from './sample-image.js'
import { tar } from './tar-writer.js'

const image = sampleImage()
const other = sampleImage({ architecture: 'arm64' })

/** Files whose documents are wrong, or mean something else to another program. */
export const HOSTILE_DOCUMENTS: readonly HostileFile[] = [
  config('an architecture spelt twice', { Architecture: 's390x' }, 'IMAGE_AMBIGUOUS', /"Architecture"/),
  config('an architecture in capitals', { ARCHITECTURE: 's390x' }, 'IMAGE_AMBIGUOUS', /"ARCHITECTURE"/),
  config('a key with a long s', { oſ: 'linux' }, 'IMAGE_AMBIGUOUS', /o\u017f/),
  config('a variant that only Go reads', { Variant: 'v3' }, 'IMAGE_AMBIGUOUS', /"Variant"/),
  config('diff ids spelt twice', { rootfs: { type: 'layers', diff_ids: [], Diff_IDs: [] } },
    'IMAGE_AMBIGUOUS', /Diff_IDs/),
  config('another operating system', { os: 'windows' }, 'IMAGE_OS_UNSUPPORTED', /"windows"/),
  config('no operating system', { os: null }, 'IMAGE_OS_UNSUPPORTED', /names no operating system/),
  config('no architecture', { architecture: undefined }, 'IMAGE_METADATA_INVALID', /no "architecture"/),
  config('an empty architecture', { architecture: '' }, 'IMAGE_METADATA_INVALID', /no usable architecture/),
  config('an unknown architecture', { architecture: 'pdp11' }, 'IMAGE_METADATA_INVALID', /pdp11/),
  config('an unknown variant', { variant: 'v99' }, 'IMAGE_METADATA_INVALID', /v99/),
  config('an architecture that is a number', { architecture: 86 }, 'IMAGE_METADATA_INVALID', /not a string/),
  config('an architecture that is a platform', { architecture: 'linux/amd64' }, 'IMAGE_METADATA_INVALID', /platform/),
  config('a time that is none', { created: 'yesterday' }, 'IMAGE_METADATA_INVALID',
    /"created" in the image config is not a time/),
  config('a step of the history at no time', { history: [{ created: '2024-13-01T00:00:00Z' }] },
    'IMAGE_METADATA_INVALID', /item of "history" in the image config is not a time/),
  config('a time after the end of its day', { created: '2024-01-01T24:00:00Z' }, 'IMAGE_METADATA_INVALID', /not a time/),
  config('a day that its month has not', { created: '2023-02-30T00:00:00Z' }, 'IMAGE_METADATA_INVALID', /not a time/),
  ...['1e1', '1.0', '10E-1'].map(number => raw(`a whole number that only Go takes for none: ${number}`,
    String(image.config).replace('{"Cmd"', `{"StopTimeout":${number},"Cmd"`), 'IMAGE_METADATA_INVALID',
    /"StopTimeout" in "config" in the image config is not a whole number/)),
  config('a history of more layers than there are', { history: [{}, {}, {}] },
    'IMAGE_METADATA_INVALID', /2 layers and a history of 3/),
  config('a history that is spelt twice', { History: [] }, 'IMAGE_AMBIGUOUS', /"History"/),
  config('a command that is no list', { config: { Cmd: '/bin/sh' } },
    'IMAGE_METADATA_INVALID', /"Cmd" in "config" in the image config is not a list/),
  config('a label that is no text', { config: { Labels: { a: 1 } } }, 'IMAGE_METADATA_INVALID', /"a" in "Labels"/),
  config('a volume that is no object', { config: { Volumes: { '/data': 1 } } }, 'IMAGE_METADATA_INVALID', /"\/data"/),
  config('a flag that is none', { history: [{ empty_layer: 'yes' }] },
    'IMAGE_METADATA_INVALID', /"empty_layer" .* not true or false/),
  config('a process spelt twice', { config: { Cmd: [], cmd: ['/bin/evil'] } }, 'IMAGE_AMBIGUOUS', /"cmd"/),
  config('no rootfs', { rootfs: null }, 'IMAGE_METADATA_INVALID', /no "rootfs"/),
  config('fewer diff ids than layers', { rootfs: { type: 'layers', diff_ids: [] }, history: [] },
    'IMAGE_METADATA_INVALID', /2 layers/),
  config('diff ids that are no list', { rootfs: { type: 'layers', diff_ids: {} } },
    'IMAGE_METADATA_INVALID', /not a list/),
  raw('a key twice', '{"os":"linux","os":"linux"}', 'IMAGE_AMBIGUOUS', /"os" twice/),
  raw('a key twice, escaped', '{"os":"linux","\\u006fs":"linux"}', 'IMAGE_AMBIGUOUS', /"os" twice/),
  raw('a key twice deep inside', '{"a":[{"b":{"c":1,"c":2}}]}', 'IMAGE_AMBIGUOUS', /"c" twice/),
  raw('nested too deeply', `{"a":${'['.repeat(100_000)}`, 'IMAGE_METADATA_INVALID', /nested deeper/),
  raw('more values than any', `[${'0,'.repeat(60_000)}0]`, 'IMAGE_LIMIT_EXCEEDED', /more than 50000 values/),
  raw('not JSON', '{"os":linux}', 'IMAGE_METADATA_INVALID', /not JSON/),
  raw('an endless string of quotes', `{"${'\\"'.repeat(1_000_000)}`, 'IMAGE_METADATA_INVALID', /not JSON/),
  raw('not UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 'IMAGE_METADATA_INVALID', /not UTF-8/),
  raw('a list', '[]', 'IMAGE_METADATA_INVALID', /not an object/),
  docker('two images', [entryOf(image), entryOf(other)], 'IMAGE_AMBIGUOUS', /2 images/),
  docker('no images', [], 'IMAGE_NOT_FOUND', /names no image/),
  docker('an object', {}, 'IMAGE_METADATA_INVALID', /not a list/),
  docker('a config spelt twice', [{ ...entryOf(image), config: 'x' }], 'IMAGE_AMBIGUOUS', /"config"/),
  docker('layers spelt twice', [{ ...entryOf(image), layers: [] }], 'IMAGE_AMBIGUOUS', /"layers"/),
  docker('layers that are numbers', [{ ...entryOf(image), Layers: [1] }], 'IMAGE_METADATA_INVALID',
    /"Layers" .* not a string/),
  docker('a tag that is none', [{ ...entryOf(image), RepoTags: ['UPPER CASE'] }],
    'IMAGE_METADATA_INVALID', /"UPPER CASE", which is no name:tag/),
  docker('a tag without a tag', [{ ...entryOf(image), RepoTags: ['sample'] }], 'IMAGE_METADATA_INVALID', /no name:tag/),
  docker('sources of layers that are none', [{ ...entryOf(image), LayerSources: [] }],
    'IMAGE_METADATA_INVALID', /"LayerSources" .* not an object/),
  docker('a config by another spelling', [{ ...entryOf(image), Config: `./${entryOf(image).Config}` }],
    'IMAGE_METADATA_INVALID', /not all programs take for/),
  docker('a layer by another spelling',
    [{ ...entryOf(image), Layers: entryOf(image).Layers.map(name => `.//${name}`) }],
    'IMAGE_METADATA_INVALID', /not all programs take for/),
  {
    title: 'manifest.json: more than programs read',
    file: tar([...podmanArchive(image).slice(0, -2), manifestJson([{ ...entryOf(image), x: ' '.repeat(2 ** 20) }])]),
    code: 'IMAGE_LIMIT_EXCEEDED',
    says: /at most 1048576/
  },
  {
    title: 'manifest.json: a config that is a link',
    file: tar([...podmanArchive(image).slice(0, -2), { name: 'layer.tar', type: '2', link: entryOf(image).Config },
      manifestJson([{ ...entryOf(image), Config: 'layer.tar' }])]),
    code: 'IMAGE_METADATA_INVALID',
    says: /is a link/
  },
  docker('no JSON after white space', '\n\nno', 'IMAGE_METADATA_INVALID', /not JSON/),
  docker('nothing but white space', ' \t\r\n', 'IMAGE_METADATA_INVALID', /not JSON/),
  docker('something after it', `${JSON.stringify([entryOf(image)])}{}`, 'IMAGE_METADATA_INVALID', /not JSON/),
  docker('a config that is a layer', [{ ...entryOf(image), Config: entryOf(image).Layers[0] }],
    'IMAGE_METADATA_INVALID', /not a JSON document/),
  docker('a layer that is the config',
    [{ ...entryOf(image), Layers: [entryOf(image).Config, entryOf(image).Layers[1]] }],
    'IMAGE_CORRUPT', /not a tar/)
]

function config (title: string, change: object, code: ErrorCode, says: RegExp): HostileFile {
  const fields = JSON.parse(image.config.toString()) as object
  return raw(title, JSON.stringify({ ...fields, ...change }), code, says)
}

function raw (title: string, text: string | Buffer, code: ErrorCode, says: RegExp): HostileFile {
  const changed: SampleImage = { ...image, config: Buffer.from(text as string) }
  return { title: `a config: ${title}`, file: tar(podmanArchive(changed)), code, says }
}

function docker (title: string, content: unknown, code: ErrorCode, says: RegExp): HostileFile {
  const manifest = typeof content === 'string' ? { name: 'manifest.json', content } : manifestJson(content)
  const entries = [...podmanArchive(image).slice(0, -2), manifest]
  return { title: `manifest.json: ${title}`, file: tar(entries), code, says }
}

function entryOf ({ config, layers }: SampleImage): { Config: string, RepoTags: string[], Layers: string[] } {
  return { Config: `${hex(config)}.json`, RepoTags: [NAME], Layers: layers.map(layer => `${hex(layer)}.tar`) }
}
