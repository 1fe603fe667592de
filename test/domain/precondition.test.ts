import t from 'tap'
import { entityTagOf, type EntityTag } from '../../src/domain/entity-tag.js'
import { Precondition } from '../../src/domain/precondition.js'

const A = entityTagOf('{"a":1}')

t.test('an entity tag names what a document says, not how it is written', async t => {
  t.match(A, /^[0-9a-f]{32}$/)
  t.equal(entityTagOf('{ "b": [1.0, "\\u00e9"], "a": {"y": 1, "x": null} }'), entityTagOf('{"a":{"x":null,"y":1},"b":[1.0,"é"]}'))
  t.not(entityTagOf('{"n":12345678901234567890123}'), entityTagOf('{"n":12345678901234567890124}'), 'all digits count')
  t.not(entityTagOf('{"n":1.0}'), entityTagOf('{"n":1}'))
  t.equal(entityTagOf('{"a":1,"a":2}'), entityTagOf('{"a":2}'), 'of a repeated key the last')
})

const HOLDS: ReadonlyArray<readonly [headers: object, current: EntityTag | undefined, holds: boolean]> = [
  [{}, A, true],
  [{}, undefined, true],
  [{ 'if-match': `"${A}"` }, A, true],
  [{ 'if-match': `"x", W/"${A}"` }, A, true],
  [{ 'if-match': `"${A}-gzip"` }, A, true],
  [{ 'if-match': `, "a,b" ,,\tW/"${A}",` }, A, true],
  [{ 'if-match': '"x"' }, A, false],
  [{ 'if-match': 'W/""' }, A, false],
  [{ 'if-match': `"${A}"` }, undefined, false],
  [{ 'if-match': '*' }, A, true],
  [{ 'if-match': '*' }, undefined, false],
  [{ 'if-none-match': '*' }, A, false],
  [{ 'if-none-match': '*' }, undefined, true],
  [{ 'if-none-match': `"${A}"` }, A, false],
  [{ 'if-none-match': '"x"' }, A, true]
]

for (const [headers, current, holds] of HOLDS) {
  t.test(`${JSON.stringify(headers)} ${holds ? 'holds' : 'fails'} ${current === undefined ? 'without a document' : 'with one'}`, async t => {
    const check = () => Precondition.of(headers).check('c', () => current)
    if (holds) t.doesNotThrow(check)
    else t.throws(check, { code: 'PRECONDITION_FAILED', details: { etag: current === undefined ? null : `"${current}"` } })
  })
}

t.test('a header that is no list of tags is refused', async t => {
  for (const text of ['x', '', ',', '"a" "b"', '"a",b', '*, "a"', '"a', 'W/']) {
    t.throws(() => Precondition.of({ 'if-match': text }), { code: 'PARAMETER_INVALID', message: /^If-Match/ }, text)
  }
})
