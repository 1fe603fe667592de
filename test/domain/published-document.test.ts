import t from 'tap'
import type { Architecture } from '../../src/domain/architecture.js'
import { publishedDocument } from '../../src/domain/set-rules.js'

const AT = new Date(1_000_000)

t.test('a published set is all of its images, by who sent the last one', async t => {
  const images = (['amd64', 'arm64'] as Architecture[]).map((architecture, n) => ({
    architecture,
    url: `s3://b/${architecture}`,
    record: { architecture, file: architecture, image_id: `sha256:${n}`, digests: [`sha256:${n}`], version: '1', verified: false },
    by: `ci-${n}`,
    at: new Date(n).toISOString()
  }))
  const set = { id: 'the-set', key: 'build:1', version: '1', build: '1', expect: [], images: [...images].reverse(), state: 'complete' as const, since: '' }
  t.match(JSON.parse(publishedDocument('c:1', set, AT).json), {
    digest: 'sha256:0',
    url: 's3://b/amd64',
    build: '1',
    set: 'the-set',
    updated_by: 'ci-1',
    updated_at: AT.toISOString(),
    images: [{ architecture: 'amd64' }, { architecture: 'arm64' }]
  })
})
