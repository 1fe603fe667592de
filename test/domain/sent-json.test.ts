import t from 'tap'
import { MOST_CHARACTERS, MOST_VALUES, parseSentJson } from '../../src/domain/sent-json.js'

t.test('JSON of more values than anybody needs is not looked at further', async t => {
  const refused = { code: 'TOO_LARGE' }
  const many = '1,'.repeat(MOST_VALUES)
  t.throws(() => parseSentJson(`[${many}1]`), refused)
  t.throws(() => parseSentJson(`{"a\\"": [${many}1]}`), refused)
  t.throws(() => parseSentJson('['.repeat(MOST_VALUES + 1)), refused)
  t.throws(() => parseSentJson(`["\\\\",${many}1]`), refused, 'a string that ends in a backslash is over')
})

t.test('what stands in strings are no values', async t => {
  const text = '\\",[{'.repeat(MOST_VALUES)
  t.equal(parseSentJson(`{"a": "${text}", "b": 1}`).members.length, 2)
  t.equal(parseSentJson(`[${'1,'.repeat(MOST_VALUES - 2)}1]`).items.length, MOST_VALUES - 1)
  t.throws(() => parseSentJson(`"${text}`), SyntaxError, 'nor is what never ends')
})

t.test('JSON that is longer than anybody needs is not looked at, whatever is in it', async t => {
  for (const filling of ['a', '\\n', '\\ud800']) {
    const text = `"${filling.repeat(Math.ceil(MOST_CHARACTERS / filling.length))}"`
    t.throws(() => parseSentJson(text), { code: 'TOO_LARGE', message: /longer than 4194304 characters/ })
  }
  t.equal(parseSentJson(`"${'a'.repeat(MOST_CHARACTERS - 2)}"`).kind, 'a string')
})
