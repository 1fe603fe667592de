import t from 'tap'
import { parseArchitecture } from '../../src/domain/architecture.js'
import { imageRecordsOf } from '../../src/domain/image-record.js'

const RECORD = {
  architecture: 'amd64', file: 'a.tar', image_id: 'sha256:1', digests: ['sha256:1'], sha256: 'aa', size: 3, version: '1', verified: true
}
const urlOf = (architecture: string) => architecture === 'amd64' ? 's3://b/x/a.tar' : undefined

t.test('a record counts while its architecture\'s url names its file', async t => {
  t.same(imageRecordsOf([RECORD], urlOf), [RECORD])
  t.same(imageRecordsOf([RECORD], () => 's3://elsewhere/a.tar'), [RECORD], 'sds pkg import moves files and keeps their names')
  t.same(imageRecordsOf([RECORD], () => 's3://b/x/other.tar'), [])
  t.same(imageRecordsOf([{ ...RECORD, architecture: 'arm64' }], urlOf), [])
  t.equal(parseArchitecture('amd64'), 'amd64')
})

t.test('whatever else stands there is left out', async t => {
  const others = [null, 1, 'x', [], {}, { ...RECORD, size: '3' }, { ...RECORD, digests: [1] }, { ...RECORD, architecture: 'x86_64' },
    { ...RECORD, architecture: 'nonsense' }, { ...RECORD, verified: undefined }, { ...RECORD, variant: 8 }]
  t.same(imageRecordsOf([...others, RECORD], urlOf), [RECORD])
  for (const images of [undefined, null, {}, 'text']) t.same(imageRecordsOf(images, urlOf), [])
})
