import t from 'tap'
import { runnableOn } from '../../src/domain/architecture-match.js'
import { parseArchitecture } from '../../src/domain/architecture.js'

const RUNNABLE: Record<string, string> = {
  x86_64: 'amd64',
  'amd64/v3': 'amd64/v3 amd64/v2 amd64',
  aarch64: 'arm64',
  'linux/arm64/v8': 'arm64',
  'arm64/v8.2': 'arm64/v8.2 arm64/v8.1 arm64',
  'arm64/v9': 'arm64/v9 arm64/v8.5 arm64/v8.4 arm64/v8.3 arm64/v8.2 arm64/v8.1 arm64',
  'arm64/v9.6': 'arm64/v9.6 arm64/v9.5 arm64/v9.4 arm64/v9.3 arm64/v9.2 arm64/v9.1 arm64/v9 ' +
    'arm64/v8.9 arm64/v8.8 arm64/v8.7 arm64/v8.6 arm64/v8.5 arm64/v8.4 arm64/v8.3 arm64/v8.2 arm64/v8.1 arm64',
  armv8l: 'arm/v8 arm/v7 arm/v6 arm/v5',
  armv6l: 'arm/v6 arm/v5',
  'ppc64le/power9': 'ppc64le/power9 ppc64le',
  riscv64: 'riscv64',
  s390x: 's390x',
  i686: '386'
}

for (const [machine, expected] of Object.entries(RUNNABLE)) {
  t.test(`${machine} runs ${expected}`, async t => {
    t.equal(runnableOn(parseArchitecture(machine)).join(' '), expected)
  })
}
