import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import t from 'tap'

const BOTTOM = ['src/errors.js', 'src/deadline.js', 'src/domain/']

/** What each layer may import, from the outside in: routes -> catalogue -> ports -> adapters, domain at the bottom. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  'routes/': ['routes/', 'src/app.js', 'src/catalogue/', 'src/wire/', 'src/domain/', 'src/errors.js', 'src/ports/document-index.js', 'fastify', '@fastify/multipart', 'node:stream'],
  'plugins/': ['src/access/', 'src/app.js', 'src/version.js', 'src/config.js', 'src/openapi.js', 'src/recurring.js', 'src/catalogue/', 'src/wire/', 'src/domain/caller.js', 'src/domain/userinfo.js', 'src/errors.js', 'src/ports/backend-health.js', 'fastify', '@fastify/', 'find-my-way', 'undici', 'node:'],
  'src/recurring.ts': ['fastify'],
  'src/openapi.ts': ['src/wire/', 'fastify', '@fastify/swagger'],
  'src/app.ts': ['src/', 'node:', 'fastify', '@fastify/autoload', 'pino'],
  'src/server.ts': ['src/app.js', 'src/metrics/', 'src/backends.js', 'src/config.js', 'src/domain/loopback.js', 'src/log.js', 'src/wire/', 'node:', 'fastify', 'close-with-grace', 'pino'],
  'src/metrics/': ['src/metrics/', 'src/ports/', 'src/version.js', ...BOTTOM, 'node:perf_hooks', 'node:stream', 'prom-client', 'fastify'],
  'src/version.ts': ['node:fs'],
  'src/log.ts': ['src/domain/userinfo.js', 'pino'],
  'src/cli/': ['src/access/', 'src/cli/', 'src/backends.js', 'src/catalogue/', 'src/client/', 'src/config.js', 'src/container-met/', 'src/deadline.js', 'src/doctor/', 'src/domain/', 'src/errors.js', 'src/image/', 'src/load/', 'src/ports/', 'src/server.js', 'node:', 'commander', 'bcryptjs', 'cli-progress', 'cli-table3'],
  'src/doctor/': ['src/doctor/', 'src/access/', 'src/backends.js', 'src/catalogue/upload-records.js', 'src/config.js', 'src/ports/', ...BOTTOM, 'node:', 'fastest-levenshtein', 'ulid', 'undici'],
  'src/client/': ['src/client/', 'src/home-folder.js', 'src/netrc.js', 'node:', 'undici', 'form-data-encoder', 'proxy-from-env'],
  'src/load/': ['src/load/', 'src/home-folder.js', 'src/client/', 'src/domain/', 'src/image/', 'src/errors.js', 'node:', '@aws-sdk/client-s3', 'fs-native-extensions'],
  'src/container-met/': ['src/container-met/', 'src/adapters/s3/patience.js', 'src/domain/', 'src/home-folder.js', 'src/netrc.js', 'node:', '@aws-sdk/', 'http-proxy-agent', 'https-proxy-agent'],
  'src/config.ts': ['src/config/', 'src/domain/listening-address.js', 'src/domain/set-times.js', 'src/domain/tarball-url.js', 'src/domain/userinfo.js', 'src/home-folder.js', 'node:path'],
  'src/config/': ['src/config/', 'src/domain/tarball-url.js', '@fastify/proxy-addr', 'node:url'],
  'src/backends.ts': ['src/adapters/', 'src/ports/', 'src/config.js', 'src/netrc.js', 'node:fs/promises'],
  'src/home-folder.ts': ['node:os'],
  'src/netrc.ts': [],
  'src/access/': ['src/access/', ...BOTTOM, 'node:', 'bcryptjs'],
  'src/catalogue/': ['src/catalogue/', 'src/image/', 'src/ports/', ...BOTTOM, 'node:', 'ulid'],
  'src/adapters/': ['src/adapters/', 'src/ports/', ...BOTTOM, 'node:', 'lmdb', '@elastic/elasticsearch', '@opensearch-project/opensearch', '@aws-sdk/'],
  'src/ports/': ['src/ports/', ...BOTTOM, 'node:stream'],
  'src/wire/': ['src/wire/', 'src/domain/', 'src/errors.js', 'node:', '@fastify/', 'jsonc-parser'],
  'src/image/': ['src/image/', 'src/domain/', 'src/errors.js', 'node:', 'zstddec'],
  'src/domain/': ['src/domain/', 'src/errors.js', 'jsonc-parser', 'fastest-levenshtein', 'node:util', 'node:crypto', 'node:net'],
  'src/deadline.ts': ['node:perf_hooks'],
  'src/errors.ts': []
}

const sources = (await Promise.all(['src', 'routes', 'plugins'].map(async root =>
  (await readdir(root, { recursive: true })).filter(name => name.endsWith('.ts')).map(name => join(root, name))
))).flat()

for (const [layer, allowed] of Object.entries(MAY_IMPORT)) {
  t.test(`${layer} imports only what it may`, async t => {
    const files = sources.filter(file => file.startsWith(layer))
    t.not(files.length, 0, 'there are files')
    for (const file of files) {
      for (const name of imports(await readFile(file, 'utf8'))) {
        const target = name.startsWith('.') ? join(dirname(file), name) : name
        t.ok(allowed.some(prefix => target.startsWith(prefix)), `${file} -> ${target}`)
      }
    }
  })
}

t.test('every source belongs to a layer', async t => {
  for (const file of sources) t.ok(Object.keys(MAY_IMPORT).some(layer => file.startsWith(layer)), file)
})

t.test('files outside adapters and backends know no adapter', async t => {
  for (const file of sources.filter(file => !/^src\/(?:adapters\/|backends\.ts)/.test(file))) {
    // How long S3 is asked again is the same for whoever stores something there.
    t.notMatch(await readFile(file, 'utf8'), /adapters\/(?!s3\/patience\.js)/, file)
  }
})

/** What a module names in import and export declarations and in dynamic imports. */
function imports (source: string): string[] {
  return [...source.matchAll(/^(?:import|export) [^']*?from '([^']+)'|^import '([^']+)'|\bimport\('([^']+)'\)/gm)]
    .map(match => (match[1] ?? match[2] ?? match[3]) as string)
}
