import t from 'tap'
import { bucketUrl, endpointUrl, serviceUrl } from '../../src/domain/tarball-url.js'

const KEY = 'containers/hello/01JD/hello-1.tar'

t.test('a bucket\'s url is what osaka asks AWS for', async t => {
  t.equal(bucketUrl('my-bucket.2', KEY), `s3://my-bucket.2/${KEY}`)
})

t.test('a bucket that osaka would take for something else is refused', async t => {
  for (const bucket of ['Upper', 's3.us-west-2.amazonaws.com', 'a_b', 'a:9000', 'ab', 'k:s@b', '']) {
    t.throws(() => bucketUrl(bucket, KEY), TypeError, bucket)
    t.throws(() => endpointUrl('us-west-2', bucket, KEY), TypeError, bucket)
  }
})

t.test('an endpoint\'s url has the host that botocore lists for the region', async t => {
  for (const [region, host] of [
    ['us-east-1', 's3.amazonaws.com'], ['us-west-2', 's3.us-west-2.amazonaws.com'],
    ['ap-southeast-4', 's3.ap-southeast-4.amazonaws.com'], ['us-gov-west-1', 's3.us-gov-west-1.amazonaws.com'],
    ['cn-north-1', 's3.cn-north-1.amazonaws.com.cn']
  ] as const) t.equal(endpointUrl(region, 'bucket', KEY), `s3://${host}/bucket/${KEY}`)
})

t.test('a region whose host osaka does not know by the pattern is refused', async t => {
  for (const region of ['us-iso-east-1', 'garage', 'minio', '']) t.throws(() => endpointUrl(region, 'bucket', KEY), TypeError, region)
})

t.test('the service\'s url ends in the last two parts of the key', async t => {
  t.equal(serviceUrl('https://h:8443/mozart', KEY), 'https://h:8443/mozart/api/v0.1/container/tarball/01JD/hello-1.tar')
  t.throws(() => serviceUrl(undefined, KEY), { code: 'PUBLIC_URL_MISSING', message: 'LEPORELLO_PUBLIC_URL' })
})
