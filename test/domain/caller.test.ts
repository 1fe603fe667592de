import t from 'tap'
import { Caller, parseAccessRule, parseRole } from '../../src/domain/caller.js'

const caller = (role: 'read' | 'write' | 'admin', ...rules: string[]) => new Caller('ci', { role, rules: rules.map(parseAccessRule) })

t.test('each role may do what those before it may', async t => {
  for (const [role, may] of [['read', [true, false, false]], ['write', [true, true, false]], ['admin', [true, true, true]]] as const) {
    t.same((['read', 'write', 'admin'] as const).map(wanted => caller(role).has(wanted)), may, role)
    t.equal(caller(role).may('read', 'container', 'any'), true)
  }
})

t.test('a rule covers what its pattern does, of its kind, from the first character to the last', async t => {
  const cases: Array<[rule: string, resource: 'container' | 'job_spec', id: string, covered: boolean]> = [
    ['container:container-foo:*', 'container', 'container-foo:1', true],
    ['container:container-foo:*', 'container', 'container-foo:', true],
    ['container:container-foo:*', 'container', 'container-foobar:1', false],
    ['container:container-foo:*', 'container', 'x-container-foo:1', false],
    ['container:container-foo:*', 'job_spec', 'container-foo:1', false],
    ['container:container-foo:*', 'container', 'container-foo:1\n2', true],
    ['container:a.b', 'container', 'axb', false],
    ['container:a+(b)[c]$^|\\', 'container', 'a+(b)[c]$^|\\', true],
    ['container:*/*-ä', 'container', 'org/foo-ä', true],
    ['container:*', 'container', 'anything', true],
    ['job_spec:job-*:v1', 'job_spec', 'job-x:y:v1', true]
  ]
  for (const [rule, resource, id, covered] of cases) t.equal(caller('write', rule).may('write', resource, id), covered, `${rule} ${id}`)
  t.equal(caller('write', 'container:a', 'container:b').may('read', 'container', 'b'), true)
})

t.test('what may not be done is refused with who and what', async t => {
  t.throws(() => caller('read').check('write', 'container', 'c:1'), { code: 'FORBIDDEN', message: 'ci may not write "c:1"' })
  t.throws(() => caller('write', 'container:d:*').check('read', 'container', 'c:1'), { code: 'FORBIDDEN' })
  t.throws(() => Caller.nobody.check('read', 'container', 'c:1'), { code: 'UNAUTHORIZED' })
  t.throws(() => Caller.reader.checkRole('write'), { code: 'FORBIDDEN' })
  t.doesNotThrow(() => Caller.anybody.check('write', 'container', 'c:1'))
  t.equal(Caller.anybody.has('admin'), false)
})

t.test('what is no rule, or no role, is refused', async t => {
  for (const rule of ['', 'container', 'container:', ':x', 'containers:x', 'meta:x']) {
    t.throws(() => parseAccessRule(rule), { code: 'PARAMETER_INVALID' }, rule)
  }
  t.throws(() => parseRole('root'), { code: 'PARAMETER_INVALID' })
})

t.test('a pattern with many stars takes no time that its stars multiply', async t => {
  const pattern = `${'*-'.repeat(8)}*x`
  const caller = new Caller('ci', { role: 'read', rules: [{ resource: 'container', pattern }] })
  t.equal(caller.may('read', 'container', '-'.repeat(512)), false)
  t.equal(caller.may('read', 'container', `${'-'.repeat(511)}x`), true)
})

t.test('stars of a pattern stand for different characters', async t => {
  const may = (pattern: string, id: string) =>
    new Caller('ci', { role: 'read', rules: [{ resource: 'container', pattern }] }).may('read', 'container', id)
  for (const [pattern, id] of [['*', ''], ['*', 'a\nb'], ['a*a', 'aa'], ['*ab*ab*', 'abab'], ['a**b', 'ab'], ['a*b*c', 'axbxbxc'], ['*a', 'ba'], ['a', 'a'], ['*😀*', 'x😀y']] as const) {
    t.equal(may(pattern, id), true, `${pattern} ${id}`)
  }
  for (const [pattern, id] of [['a*a', 'a'], ['*ab*ab*', 'aba'], ['ab*ba', 'aba'], ['a*b*c', 'ac'], ['a*b', 'abc'], ['a.c', 'abc'], ['a', 'aa'], ['A', 'a'], ['*b*', 'aca']] as const) {
    t.equal(may(pattern, id), false, `${pattern} ${id}`)
  }
})
