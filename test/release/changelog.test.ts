import { execFileSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import t from 'tap'

const changelog = await readFile('CHANGELOG.md', 'utf8')
const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string }
const [, ...releases] = changelog.split(/^(?=## )/m)

const CONVENTIONAL = /^(?:build|chore|ci|docs|feat|fix|perf|refactor|revert|style|test)(?:\([\w./-]+\))?!?: \S.*$/
const LISTED = /^(?:feat|fix|perf)(?:\([\w./-]+\))?!?: (.+)$/

t.test('the changelog begins with the version of the package, and every release has its number and day', async t => {
  t.ok(releases[0]?.startsWith(`## ${version} - `))
  for (const release of releases) t.match(release, /^## \d+\.\d+\.\d+ - (?:unreleased|\d{4}-\d\d-\d\d)\n/)
})

t.test('each release says first what it means for users, then lists every change once, by kind', async t => {
  for (const release of releases) {
    const [said = '', changes = ''] = release.split('### Every change\n')
    const kinds = [...said.matchAll(/^### (.+)$/gm)].map(([, kind]) => kind)
    t.ok(kinds.length > 0)
    for (const kind of kinds) t.ok(['Added', 'Changed', 'Deprecated', 'Removed', 'Fixed', 'Security'].includes(kind!), kind!)
    for (const group of changes.split(/^#### /m).slice(1)) {
      const [heading, blank, ...lines] = group.trimEnd().split('\n')
      t.ok(['New', 'Mended', 'Faster'].includes(heading!), heading!)
      t.equal(blank, '')
      for (const line of lines) t.match(line, /^- \S.*[^.\s]$/)
      t.equal(new Set(lines).size, lines.length, `${heading} names nothing twice`)
    }
  }
})

const history = subjects()
const skip = history === undefined && 'there is no whole git history here'

t.test('every commit but merges is a Conventional Commit, which the changelog can be made of', { skip }, async t => {
  t.ok(history!.length > 0)
  t.same(history!.filter(subject => !CONVENTIONAL.test(subject) && !subject.startsWith('Merge ')), [])
})

t.test('every change it lists is the subject of a commit', { skip }, async t => {
  const told = new Set(history!.map(subject => LISTED.exec(subject)?.[1]))
  const listed = [...changelog.matchAll(/^#### .+\n\n((?:- .+\n)+)/gm)].flatMap(([, lines = '']) => (
    lines.trimEnd().split('\n').map(line => line.slice('- '.length).replace('**Breaking:** ', ''))))
  t.ok(listed.length > 50)
  t.same(listed.filter(change => !told.has(change)), [])
})

/** Of all commits; undefined where git does not know them all, as in an unpacked archive. */
function subjects (): string[] | undefined {
  const git = (...args: string[]): string => execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  try {
    if (git('rev-parse', '--is-shallow-repository').trim() !== 'false') return undefined
    return git('log', '--format=%s').trimEnd().split('\n')
  } catch {
    return undefined
  }
}
