import t from 'tap'
import { entityTagOf } from '../../src/domain/entity-tag.js'

t.test('a tag does not depend on white space and the order of keys, and does on digits', async t => {
  const tag = entityTagOf('{"a":[1.0,{"c":"\\u00e9","b":null}],"d":{}}')
  for (const same of ['{"d": {}, "a": [1.0, {"b": null, "c": "é"}]}', '{"a":0,"d":{},"a":[1.0,{"c":"é","b":null}]}']) t.equal(entityTagOf(same), tag, same)
  for (const other of ['{"a":[1,{"c":"é","b":null}],"d":{}}', '{"a":[{"c":"é","b":null},1.0],"d":{}}']) t.not(entityTagOf(other), tag, other)
})

t.test('a document as deep as it may be stored has a tag', async t => {
  t.match(entityTagOf(`{"a":${'['.repeat(3000)}1.0${']'.repeat(3000)}}`), /^[0-9a-f]{32}$/)
})
