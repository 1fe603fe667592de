import t from 'tap'
import { mistakesOfWorkers } from './worker-replay.js'

t.test('a worker that takes another image than resolve gives is found', async t => {
  const urls = { x86_64: 's3://b/x', amd64: 's3://b/x', aarch64: 's3://b/a', arm64: 's3://b/a' }
  const document = (urls: object, url: string | null = 's3://b/x') => JSON.stringify({ id: 'c:1', url, urls: JSON.stringify(urls) })
  t.same(await mistakesOfWorkers('c:1', document(urls)), [])
  t.same(await mistakesOfWorkers('c:1', document(urls, 's3://b/y')), [], 'a wrong fallback is for machines that lack an image')
  const { aarch64, ...nameless } = urls
  t.match(await mistakesOfWorkers('c:1', document(nameless)), [/^on arm64 a worker loads s3:\/\/b\/x and not s3:\/\/b\/a of /])
  t.match(await mistakesOfWorkers('c:1', '{"id":"c:1","url":"s3://b/x","urls":"{\\"AARCH64\\":\\"s3://b/a\\"}"}'), [/^on arm64/])
})
