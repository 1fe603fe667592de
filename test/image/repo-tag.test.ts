import t from 'tap'
import { isRepoTag } from '../../src/image/metadata/repo-tag.js'

const TAGS = [
  'b:1', 'container-a_b.c__d:1.0', 'a/b:latest', 'localhost/b:1', 'localhost:5000/a/b:1', 'registry.example.org/a:_x-1',
  'HOST.example/b:1', '10.0.0.1:443/a--b:1', `h.io/${'b'.repeat(250)}:1`, `${'b'.repeat(237)}:1`, 'a-b.c--d.io/b:1'
]
const NONE = [
  '', ':', 'b', 'b:', ':1', 'B:1', 'a b:1', 'a/B:1', 'a//b:1', '/b:1', 'a/:1', '-b:1', 'b-:1', 'a..b:1', 'a___b:1',
  'b:-1', 'localhost:5000/b', `b:${'1'.repeat(129)}`, `${'b'.repeat(600)}:1`, 'b:1\n', '\u00fc:1',
  'HOST/b:1', '[::1]:5000/a:1', '-a.io/b:1', 'a-.io/b:1', 'a..io/b:1', '.io/b:1', 'a.-b/c:1', 'a.io:/b:1',
  `h.io/${'b'.repeat(251)}:1`, `${'b'.repeat(238)}:1`, `docker.io/${'b'.repeat(238)}:1`
]

t.test('tells repo tags from other texts, as docker, podman and skopeo of any age do', async t => {
  for (const text of TAGS) t.ok(isRepoTag(text), text)
  for (const text of NONE) t.notOk(isRepoTag(text), text)
})

t.test('takes no time for a text that is nearly one', async t => {
  const start = performance.now()
  t.notOk(isRepoTag(`${'a--'.repeat(160)}:1`))
  t.ok(performance.now() - start < 100)
})
