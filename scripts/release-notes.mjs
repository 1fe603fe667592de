// Writes into CHANGELOG.md, beneath what a maintainer says of the release, the subject of every feat, fix and perf
// since the last tag. git-cliff is fetched for it, so that nobody who builds or runs Leporello needs it.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'

const GIT_CLIFF = 'git-cliff@2.14.2'
const HEADING = '### Every change\n'

const { version } = JSON.parse(readFileSync('package.json', 'utf8'))
const changes = execFileSync('npx', ['--yes', GIT_CLIFF, '--config', 'scripts/cliff.toml', '--unreleased', '--strip', 'all'], {
  encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit']
})

const [head, latest = '', ...earlier] = readFileSync('CHANGELOG.md', 'utf8').split(/^(?=## )/m)
if (!latest.startsWith(`## ${version} - `)) {
  console.error(`CHANGELOG.md must begin with what is to be said of ${version}: ## ${version} - unreleased`)
  process.exit(1)
}
const [said] = latest.split(HEADING)
const release = `${said.trimEnd()}\n\n${HEADING}\n${changes.trim()}\n`
writeFileSync('CHANGELOG.md', [head + release, earlier.join('')].filter(text => text !== '').join('\n'))
