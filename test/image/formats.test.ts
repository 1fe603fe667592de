import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import type { ImageRequest } from '../../src/image/image-request.js'
import type { ImageFacts } from '../../src/image/image-facts.js'
import { verifyImage } from '../../src/image/verify-image.js'
import { craneArchive, digest, NAME, oldDockerArchive, podmanArchive, sampleImage } from './support/sample-image.js'
import { hybridArchive, ociArchive } from './support/sample-layout.js'
import { tar } from './support/tar-writer.js'

const image = sampleImage()
const entries = {
  'podman docker-archive': podmanArchive(image),
  'old docker': oldDockerArchive(image),
  crane: craneArchive(image),
  'oci-archive': ociArchive(image),
  hybrid: hybridArchive(image)
}

for (const [name, specs] of Object.entries(entries)) {
  for (const [compression, compress] of Object.entries({ none: (bytes: Buffer) => bytes, gzip: (bytes: Buffer) => gzipSync(bytes) })) {
    t.test(`${name}, ${compression}`, async t => {
      const facts = await verify(compress(tar(specs)), { name: NAME })
      t.equal(facts.imageId, digest(image.config))
      console.log(facts)
    })
  }
}

async function verify (bytes: Buffer, request: ImageRequest = {}): Promise<ImageFacts> {
  return await verifyImage(Readable.from([bytes]), request)
}
