import t from 'tap'
import { mistakesInStore } from './stored.js'

const ULID = '01ARZ3NDEKTSV4RRFFQ69G5FAV'
const KEY = `containers/hello/${ULID}/hello-1-amd64-69G5FAV0.tar`
const DOCUMENT = `{"urls": "{\\"amd64\\": \\"http://leporello.test/container/tarball/${ULID}/hello-1-amd64-69G5FAV0.tar\\"}"}`
const WHOLE = ['.leporello', KEY, `${KEY}.facts.json`]

t.test('what is named, its facts and the mark are no mistake', async t => {
  t.same(mistakesInStore(WHOLE, [DOCUMENT, '{"url": "s3://b/elsewhere.tar"}']), [])
  t.same(mistakesInStore([], []), [])
})

t.test('what is named and gone, left, unfinished, without facts or without a mark is found', async t => {
  const place = `${ULID}/hello-1-amd64-69G5FAV0.tar`
  t.same(mistakesInStore(['.leporello'], [DOCUMENT]), [`${place} is named and not stored`])
  t.same(mistakesInStore(['.leporello', `${KEY}.facts.json`], [DOCUMENT]), [`${place} is named and not stored`])
  t.same(mistakesInStore(WHOLE, []), [`${KEY} is stored and not named`, `${KEY}.facts.json is stored and not named`])
  t.same(mistakesInStore([...WHOLE, `unfinished ${KEY}`], [DOCUMENT]), [`unfinished ${KEY} is left`])
  t.same(mistakesInStore([...WHOLE, 'something'], [DOCUMENT]), ['something is left'])
  t.same(mistakesInStore(['.leporello', KEY], [DOCUMENT]), [`${KEY} has no facts`])
  t.same(mistakesInStore(WHOLE.slice(1), [DOCUMENT]), ['the owner\'s mark is gone'])
})
