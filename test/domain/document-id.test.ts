import t from 'tap'
import { parseDocumentId } from '../../src/domain/document-id.js'

t.test('an id is kept as it is', async t => {
  const ids = [
    'container-hello:1.0', 'a', '...', '.a', ' ', 'ø', '😀', 'a/b?c#d%00', '__proto__', 'x'.repeat(512), 'é'.repeat(256)
  ]
  for (const id of ids) t.equal(parseDocumentId('name', id), id)
})

t.test('what cannot be an id is refused by the name of its parameter and the rule', async t => {
  const refused: ReadonlyArray<readonly [id: string, reason: string]> = [
    ['', 'name is empty;'], ['.', 'name is ".";'], ['..', 'name is "..";'],
    ['x'.repeat(513), 'name is 513 bytes long;'], ['é'.repeat(257), 'name is 514 bytes long;'],
    ['a\nb', 'name has the control character U+000A at position 1: "a\\nb";'],
    ['a\0', 'name has the control character U+0000 at position 1'],
    ['\u007f', 'name has the control character U+007F'], ['\u0085', 'name has the control character U+0085'],
    ['ab\ud800', 'name has the lone surrogate U+D800 at position 2'], ['\udc00\ud800', 'the lone surrogate U+DC00']
  ]
  for (const [id, reason] of refused) {
    const refusal = { code: 'ID_INVALID', message: reason, details: { parameter: 'name' } }
    t.throws(() => parseDocumentId('name', id), refusal, reason)
  }
})
