import t from 'tap'
import { s3Location } from '../../src/load/s3-location.js'

const nowhere = { region: undefined, credentials: undefined }
const FORMS: Record<string, ReturnType<typeof s3Location>> = {
  's3://bucket/key.tar': { bucket: 'bucket', key: 'key.tar', ...nowhere },
  'S3S://Bucket/some/key%3A1.tar?x#y': { bucket: 'bucket', key: 'some/key%3A1.tar', ...nowhere },
  's3://s3-us-west-2.amazonaws.com:80/bucket/a/b.tar': { bucket: 'bucket', key: 'a/b.tar', region: 'us-west-2', credentials: undefined },
  's3://s3.us-gov-west-1.amazonaws.com/bucket/b.tar': { bucket: 'bucket', key: 'b.tar', region: 'us-gov-west-1', credentials: undefined },
  's3://s3.cn-north-1.amazonaws.com.cn/bucket/b.tar': { bucket: 'bucket', key: 'b.tar', region: 'cn-north-1', credentials: undefined },
  's3://s3.amazonaws.com/bucket/b.tar': { bucket: 'bucket', key: 'b.tar', ...nowhere },
  's3://KEY:SE%2FCRET:@bucket/b.tar': {
    bucket: 'bucket', key: 'b.tar', region: undefined, credentials: { accessKeyId: 'KEY', secretAccessKey: 'SE/CRET:' }
  },
  's3://KEY:100%@bucket/b.tar': {
    bucket: 'bucket', key: 'b.tar', region: undefined, credentials: { accessKeyId: 'KEY', secretAccessKey: '100%' }
  }
}

for (const [url, location] of Object.entries(FORMS)) {
  t.test(`${url} is taken apart`, async t => { t.same(s3Location(url), location) })
}

t.test('what names no object is refused, without its secret', async t => {
  for (const url of ['s3://bucket', 's3://bucket/', 's3://s3.amazonaws.com/bucket', 's3:///key', 's3://K:SECRET@b/']) {
    t.throws(() => s3Location(url), { name: 'LoadError', message: /names no object/ }, url)
  }
  t.throws(() => s3Location('s3://K:SECRET@b/'), { message: 's3://b/ names no object: it must be s3://bucket/key' })
})
