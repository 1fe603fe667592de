import t from 'tap'
import type { ArchiveFile } from '../../src/image/archive/archive-file.js'
import { Archive } from '../../src/image/archive/archive.js'
import { Binaries } from '../../src/image/layer/binaries.js'
import { Budget, DEFAULT_LIMITS } from '../../src/image/limits.js'
import { OciIndexWalk } from '../../src/image/oci-index-walk.js'
import { digest } from './support/sample-image.js'
import { blob, descriptor, OCI_CONFIG, OCI_MANIFEST } from './support/sample-layout.js'

const ENTRIES = 500

t.test('a document is read as often as it is there, not as often as it is named', t => {
  const config = '{"architecture":"unknown","os":"unknown"}'
  const manifest = JSON.stringify({ schemaVersion: 2, config: descriptor(config, OCI_CONFIG), layers: [] })
  const entry = descriptor(manifest, OCI_MANIFEST, { platform: { architecture: 'unknown', os: 'unknown' } })
  const index = JSON.stringify({ schemaVersion: 2, manifests: Array.from({ length: ENTRIES }, () => entry) })

  let reads = 0
  const archive = new Archive(new Budget(DEFAULT_LIMITS))
  for (const content of [config, manifest]) archive.add(file(blob(content).name, content, () => reads++))
  const walk = new OciIndexWalk(archive)
  walk.walk(file('index.json', index, () => {}), 'index.json')
  t.equal(walk.images.size, 0)
  t.ok(reads > 0 && reads < ENTRIES, `${reads} reads of the documents for ${ENTRIES} entries`)
  t.end()
})

function file (name: string, content: string, onRead: () => void): ArchiveFile {
  return {
    name,
    size: content.length,
    offset: 0,
    digest: digest(content),
    get document () {
      onRead()
      return Buffer.from(content)
    },
    isDropped: false,
    layer: { compression: 'none', diffId: undefined, binaries: new Binaries(), flaw: undefined }
  }
}
