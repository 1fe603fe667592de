// Ends with 1 when a package that the service needs has a known fault that is high or critical. A registry that cannot be
// asked, as most mirrors, is no finding, and is said.
import { spawnSync } from 'node:child_process'

const { stdout } = spawnSync('npm', ['audit', '--omit=dev', '--json'], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })

function found () {
  try {
    return JSON.parse(stdout).metadata?.vulnerabilities
  } catch {
    return undefined
  }
}

const counts = found()
if (counts === undefined) {
  console.log('npm audit: not available here')
  console.log('# { total: 0, pass: 0 }')
} else {
  const serious = counts.high + counts.critical
  console.log(`npm audit: ${serious} high or critical of ${counts.total} in all`)
  if (serious > 0) console.log(stdout)
  console.log(`# { total: 1, pass: ${serious > 0 ? '0, fail: 1' : '1'} }`)
  process.exitCode = serious > 0 ? 1 : 0
}
