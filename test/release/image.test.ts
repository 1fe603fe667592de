import { execFile } from 'node:child_process'
import { access, readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import t from 'tap'

const dockerfile = await readFile('Dockerfile', 'utf8')
const ignored = (await readFile('.dockerignore', 'utf8')).trim().split('\n')

t.test('what the image is made of is there, and reaches the builder', async t => {
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, sources = '']) => sources.split(' '))
  t.ok(copied.length > 6)
  for (const source of copied) {
    await access(source)
    t.ok(ignored.includes(`!${source}`), `.dockerignore lets ${source} through`)
  }
})

t.test('nothing else reaches the builder: no data, no history, no secret', async t => {
  t.equal(ignored[0], '*')
  t.same(ignored.slice(1).map(line => line.replace(/^!/, '')).sort(),
    [...new Set([...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, sources = '']) => sources.split(' ')))].sort())
})

t.test('the image says what it is, of which commit, and where it came from', async t => {
  const labels: Record<string, string> = Object.fromEntries(
    [...dockerfile.matchAll(/org\.opencontainers\.image\.(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]))
  t.same(Object.keys(labels).sort(),
    ['created', 'description', 'documentation', 'licenses', 'revision', 'source', 'title', 'version'])
  const { license } = JSON.parse(await readFile('package.json', 'utf8')) as { license: string }
  t.equal(labels['licenses'], license)
  for (const value of Object.values(labels)) {
    const [, argument] = /^\$(\w+)$/.exec(value) ?? []
    if (argument !== undefined) t.match(dockerfile, new RegExp(`^ARG ${argument}=`, 'm'), `${argument} has a default`)
  }
})

t.test('the builder is told every argument, and works in /bin/sh', async t => {
  const script = await readFile('scripts/build-image.sh', 'utf8')
  for (const [, argument] of dockerfile.matchAll(/^ARG (\w+)=\w/gm)) t.match(script, `--build-arg "${argument}=`)
  await promisify(execFile)('sh', ['-n', 'scripts/build-image.sh'])
})

t.test('it does not run as root, which Kubernetes can tell by the number', async t => {
  t.match(dockerfile.slice(dockerfile.lastIndexOf('FROM ')), /^USER [1-9]\d*:[1-9]\d*$/m)
})
