import t from 'tap'
import { credentialsFor } from '../src/netrc.js'

t.test('HySDS\'s file has one entry for every host', async t => {
  t.same(credentialsFor('10.0.0.1', 'default login elastic password s3cret\n'), { username: 'elastic', password: 's3cret' })
})

t.test('a machine of its own wins over the default, wherever it stands', async t => {
  const netrc = `# comment with default login x password y
default login d password D
machine es.example
  login e
  password E#1
machine other account a login o password O
`
  t.same(credentialsFor('es.example', netrc), { username: 'e', password: 'E#1' })
  t.same(credentialsFor('q', 'machine q login "a b" password "c\\"d"'), { username: 'a b', password: 'c"d' })
  t.same(credentialsFor('other', netrc), { username: 'o', password: 'O' })
  t.same(credentialsFor('named', 'machine Named account login login n password N'), { username: 'n', password: 'N' }, 'hosts have no case')
  t.same(credentialsFor('elsewhere', netrc), { username: 'd', password: 'D' })
})

t.test('what is not there, or is half there, is no credentials', async t => {
  for (const netrc of ['', 'machine a login x password y', 'default login x', 'default password y', 'login x password y', 'default login']) {
    t.equal(credentialsFor('b', netrc), undefined, netrc)
  }
})
