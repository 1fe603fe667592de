import t from 'tap'
import { Failure } from '../../src/container-met/failure.js'
import { parseLocation } from '../../src/container-met/location.js'

const s3 = (bucket: string, key: string, region?: string, credentials?: object) => ({ kind: 's3', bucket, key, region, credentials })

t.test('a url means what osaka makes of it', async t => {
  const cases: Array<[url: string, location: object]> = [
    ['s3://bucket/foo.tar.gz', s3('bucket', 'foo.tar.gz')],
    ['S3://Bucket/Pre/foo:1.0.tar.gz', s3('bucket', 'Pre/foo:1.0.tar.gz')],
    ['s3s://bucket/a//b', s3('bucket', 'a//b')],
    ['s3://bucket/100%25/x', s3('bucket', '100%25/x')],
    ['s3://s3-us-west-2.amazonaws.com/bucket/a/b', s3('bucket', 'a/b', 'us-west-2')],
    ['s3://s3.us-west-2.amazonaws.com:80/bucket/a', s3('bucket', 'a', 'us-west-2')],
    ['s3://s3.us-gov-west-1.amazonaws.com:443/bucket/a', s3('bucket', 'a', 'us-gov-west-1')],
    ['s3://s3.amazonaws.com/bucket/a', s3('bucket', 'a', 'us-east-1')],
    ['s3://s3.cn-north-1.amazonaws.com.cn/bucket/a', s3('bucket', 'a', 'cn-north-1')],
    ['s3://KEY:SEC:RET@bucket/a', s3('bucket', 'a', undefined, { accessKeyId: 'KEY', secretAccessKey: 'SEC:RET' })],
    ['/folder/foo:1.0.tar.gz', { kind: 'folder', path: '/folder/foo:1.0.tar.gz' }],
    ['folder/foo:1.0.tar.gz', { kind: 'folder', path: 'folder/foo:1.0.tar.gz' }],
    ['./foo:1.0.tar.gz', { kind: 'folder', path: './foo:1.0.tar.gz' }],
    ['file:///folder/a%20b', { kind: 'folder', path: '/folder/a%20b' }]
  ]
  for (const [url, location] of cases) t.same(parseLocation(url), location, url)
})

t.test('a url of which osaka would make something else is refused, with what to write', async t => {
  const cases: Array<[url: string, said: RegExp]> = [
    ['s3://s3.us-east-1.amazonaws.com/bucket/a', /write s3\.amazonaws\.com/],
    ['s3://bucket.s3.us-west-2.amazonaws.com/a', /write s3:\/\/BUCKET/],
    ['s3://s3.dualstack.us-west-2.amazonaws.com/bucket/a', /write s3:\/\/BUCKET/],
    ['s3://s3.us-west-2.amazonaws.com:9000/bucket/a', /AWS_ENDPOINT_URL/],
    ['s3://localhost:9000/bucket/a', /AWS_ENDPOINT_URL/],
    ['s3://s3.us-west-2.amazonaws.com/foo.tar.gz', /names no bucket/],
    ['s3://foo.tar.gz', /names no bucket/],
    ['s3:///bucket/a', /names no bucket/],
    ['s3://bucket/a?b', /cuts a key at \? and #/],
    ['s3://bucket/a#b', /cuts a key at \? and #/],
    ['file:relative', /three slashes/],
    ['gs://storage/bucket/a', /no storage for the scheme gs:/],
    ['container-foo:1.0.tar.gz', /no storage for the scheme container-foo:/]
  ]
  for (const [url, said] of cases) t.throws(() => parseLocation(url), { constructor: Failure, message: said }, url)
})

t.test('a refusal does not show what stands before the host', async t => {
  for (const url of ['s3://KEY:SECRET@minio:9000/b/a', 'davs://KEY:SECRET@host/a']) {
    t.throws(() => parseLocation(url), { message: /^(?!.*SECRET)/ }, url)
  }
})
