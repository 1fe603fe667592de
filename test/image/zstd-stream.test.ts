import { randomBytes } from 'node:crypto'
import t from 'tap'
import { decompress } from '../../src/image/compression/decompressor.js'
import { hex } from './support/sample-image.js'
import { zstd } from './support/zstd-writer.js'

const content = Buffer.concat([randomBytes(9_000_000), Buffer.alloc(20_000_000), randomBytes(3_000_000)])

for (const chunkBytes of [1000, 65536, 100_000, 131_072, 1_000_000]) {
  for (const eager of [true, false]) {
    t.test(`chunks of ${chunkBytes} bytes come out whole for ${eager ? 'an eager' : 'a slow'} reader`, async t => {
      const output: Buffer[] = []
      for await (const chunk of decompress('The file', 'zstd', slices(zstd(content), chunkBytes))) {
        output.push(chunk)
        if (!eager) await new Promise(resolve => setImmediate(resolve))
      }
      t.equal(hex(Buffer.concat(output)), hex(content))
    })
  }
}

async function * slices (file: Buffer, bytes: number): AsyncGenerator<Buffer> {
  for (let start = 0; start < file.length; start += bytes) yield file.subarray(start, start + bytes)
}
