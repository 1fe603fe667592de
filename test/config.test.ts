import { readdir, readFile } from 'node:fs/promises'
import t from 'tap'
import { ConfigError, loadConfig, unknownVariables, VARIABLES } from '../src/config.js'

t.test('an empty environment is a usable configuration', async t => {
  t.strictSame(loadConfig({}), {
    server: { host: '127.0.0.1', port: 8888, tls: undefined, trustProxy: ['loopback'], shutdownGraceMs: 30_000 },
    log: { level: 'info' },
    index: { kind: 'embedded', folder: './data' },
    indexTimeoutMs: 5000,
    store: { place: { kind: 'folder', root: 'data/tarballs' }, urlStyle: 'service', publicUrl: undefined },
    uploads: { maxBytes: 50 * 2 ** 30, maxAtOnce: 16, maxPerUser: 8, idleMs: 60_000, timeoutMs: 21_600_000, allowLenient: false },
    limits: { ratePerMinute: 60_000, requestTimeoutMs: 60_000, overloadMs: 500 },
    mozart: undefined,
    access: { htpasswdFile: undefined, accountsFile: undefined, anonymousRead: false, origins: [] },
    sets: { takeoverMs: 30_000, expiryMs: 86_400_000 },
    history: { days: 365, entries: 1000, trimIntervalMs: 3_600_000 },
    sweep: { graceMs: 86_400_000, intervalMs: undefined, indices: [] },
    metrics: undefined
  })
})

t.test('a store is a folder or a place in a bucket, with what belongs to it', async t => {
  t.same(loadConfig({ LEPORELLO_STORE: 'file:///srv/tarballs' }).store.place, { kind: 'folder', root: '/srv/tarballs' })
  t.match(loadConfig({ LEPORELLO_STORE: 's3://bucket/some/prefix/', LEPORELLO_S3_ENDPOINT: 'http://h:1/', AWS_REGION: 'eu-west-1' }).store,
    { place: { kind: 's3', bucket: 'bucket', prefix: 'some/prefix/', endpoint: 'http://h:1', region: 'eu-west-1' }, urlStyle: undefined })
  t.match(loadConfig({ LEPORELLO_STORE: 's3://bucket' }).store.place, { prefix: '' })
  for (const store of ['s3://', 's3://UPPER', 's3://b/a b', 's3://bucket/../x', 'file://host/x', '/srv', 'http://h/x']) {
    t.throws(() => loadConfig({ LEPORELLO_STORE: store }), { message: /^LEPORELLO_STORE must be file:/ }, store)
  }
})

t.test('what would let the sweep meet an upload under way, or has nothing to belong to, is refused', async t => {
  t.throws(() => loadConfig({ LEPORELLO_SWEEP_GRACE_MS: '3600000' }), { message: /^LEPORELLO_UPLOAD_TIMEOUT_MS must be at most a quarter/ })
  t.throws(() => loadConfig({ LEPORELLO_SWEEP_INDICES: 'others' }), { message: /^LEPORELLO_SWEEP_INDICES needs LEPORELLO_INDEX_URL/ })
  t.throws(() => loadConfig({ LEPORELLO_S3_ENDPOINT: 'http://h' }), { message: /need a LEPORELLO_STORE of the form s3:/ })
})

t.test('nobody takes a set over while its owner may be publishing it', async t => {
  t.equal(loadConfig({ LEPORELLO_INDEX_TIMEOUT_MS: '10000' }).sets.takeoverMs, 60_000)
  t.equal(loadConfig({ LEPORELLO_INDEX_TIMEOUT_MS: '100', LEPORELLO_TAKEOVER_MS: '600' }).sets.takeoverMs, 600)
  t.throws(() => loadConfig({ LEPORELLO_TAKEOVER_MS: '29999' }), { message: /^LEPORELLO_TAKEOVER_MS must be at least six times .* which is 30000/ })
})

t.test('the history is kept for a year, a thousand changes of each name', async t => {
  t.match(loadConfig({}).history, { days: 365, entries: 1000 })
  t.match(loadConfig({ LEPORELLO_HISTORY_DAYS: '7', LEPORELLO_HISTORY_ENTRIES: '9000' }).history, { days: 7, entries: 9000 })
  for (const entries of ['0', '9001']) {
    t.throws(() => loadConfig({ LEPORELLO_HISTORY_ENTRIES: entries }), { message: /^LEPORELLO_HISTORY_ENTRIES must be/ })
  }
})

t.test('metrics have a port of their own where one is named, at the service\'s address unless another is', async t => {
  t.same(loadConfig({ LEPORELLO_METRICS_PORT: '9464', LEPORELLO_HOST: '10.0.0.1' }).metrics, { host: '10.0.0.1', port: 9464 })
  t.same(loadConfig({ LEPORELLO_METRICS_PORT: '0', LEPORELLO_METRICS_HOST: '::1' }).metrics, { host: '::1', port: 0 })
  t.throws(() => loadConfig({ LEPORELLO_METRICS_HOST: '::1' }), { message: /^LEPORELLO_METRICS_HOST needs LEPORELLO_METRICS_PORT/ })
})

t.test('the port of the metrics is another one, unless the addresses have nothing in common', async t => {
  const load = (host: string, metricsHost: string, port = '9464') => loadConfig({
    LEPORELLO_HOST: host, LEPORELLO_PORT: port, LEPORELLO_METRICS_HOST: metricsHost, LEPORELLO_METRICS_PORT: port
  })
  for (const [host, other] of [['10.0.0.1', '10.0.0.1'], ['0.0.0.0', '10.0.0.1'], ['::', '10.0.0.1'], ['0.0.0.0', '::'], ['localhost', '127.0.0.1'], ['Site.test', 'site.test']] as const) {
    for (const [one, another] of [[host, other], [other, host]] as const) {
      t.throws(() => load(one, another), { message: /^LEPORELLO_METRICS_PORT must be another port than LEPORELLO_PORT/ }, `${one} ${another}`)
    }
  }
  for (const [host, other] of [['10.0.0.1', '127.0.0.1'], ['0.0.0.0', '::1'], ['localhost', '10.0.0.1'], ['site.test', '10.0.0.1']] as const) {
    t.equal(load(host, other).metrics?.port, 9464)
  }
  t.equal(load('127.0.0.1', '127.0.0.1', '0').metrics?.port, 0, 'each gets one of its own')
})

t.test('an empty value counts as unset', async t => {
  t.equal(loadConfig({ LEPORELLO_PORT: '' }).server.port, 8888)
})

t.test('every wrong value is named in one error', async t => {
  const wrong = {
    LEPORELLO_HOST: ' ',
    LEPORELLO_PORT: '70000',
    LEPORELLO_LOG_LEVEL: 'loud',
    LEPORELLO_TRUST_PROXY: 'everybody',
    LEPORELLO_INDEX_TIMEOUT_MS: '5s',
    LEPORELLO_SHUTDOWN_GRACE_MS: '-1',
    LEPORELLO_TLS_CERT: 'cert.pem'
  }
  try {
    loadConfig(wrong)
    t.fail('accepted')
  } catch (error) {
    t.ok(error instanceof ConfigError)
    for (const name of Object.keys(wrong)) t.match((error as Error).message, new RegExp(`^${name} `, 'm'))
    t.match((error as Error).message, 'LEPORELLO_PORT must be a whole number from 0 to 65535, not "70000"')
    t.equal((error as Error).message.split('\n').length, Object.keys(wrong).length, 'a line each')
  }
})

t.test('numbers are decimal digits and nothing else', async t => {
  for (const port of ['0x50', '8e1', ' 80', '80 ', '+80', '80.0', 'Infinity', '٨٠']) {
    t.throws(() => loadConfig({ LEPORELLO_PORT: port }), { name: 'ConfigError' }, port)
  }
})

t.test('proxies are nobody, names or addresses', async t => {
  t.equal(loadConfig({ LEPORELLO_TRUST_PROXY: 'none' }).server.trustProxy, false)
  t.strictSame(loadConfig({ LEPORELLO_TRUST_PROXY: 'loopback, 10.0.0.0/8' }).server.trustProxy, ['loopback', '10.0.0.0/8'])
})

t.test('an index url chooses a search engine, with everything that belongs to it', async t => {
  t.match(loadConfig({ LEPORELLO_INDEX_URL: 'https://u:p@a:9200, http://b:9200' }).index, {
    kind: 'search',
    nodes: ['https://u:p@a:9200/', 'http://b:9200/'],
    netrcFile: /\/\.netrc-os$/,
    insecure: false,
    indices: { container: 'containers', job_spec: 'job_specs', hysds_io: 'hysds_ios-mozart', history: 'leporello-history' }
  })
  t.match(loadConfig({ LEPORELLO_INDEX_URL: 'http://a', LEPORELLO_INDEX_KIND: 'opensearch', LEPORELLO_INDEX_INSECURE: '1' }).index,
    { engine: 'opensearch', insecure: true })
})

t.test('a wrong value that may hold a secret is not repeated', async t => {
  for (const url of ['user:secret@host:9200', 'ftp://user:secret@host', 'https://u:secret@a,secret']) {
    t.throws(() => loadConfig({ LEPORELLO_INDEX_URL: url }), { name: 'ConfigError', message: /^LEPORELLO_INDEX_URL must be (?!.*secret)/ })
  }
  t.throws(() => loadConfig({ LEPORELLO_INDEX_USER: 'u' }), { message: /LEPORELLO_INDEX_PASSWORD must be given together/ })
})

t.test('an address that cannot be used is told without what may be secret in it', async t => {
  const s3 = { LEPORELLO_STORE: 's3://bucket' }
  for (const name of ['LEPORELLO_MOZART_URL', 'LEPORELLO_S3_ENDPOINT', 'LEPORELLO_S3_PUBLIC_ENDPOINT', 'LEPORELLO_PUBLIC_URL', 'LEPORELLO_STORE', 'LEPORELLO_ORIGINS']) {
    for (const url of ['http://ann:geheim@host/x', 'http://:geheim@host/x', 'http://ann:x@geheim@host/x', 'http://ann:geh/geheim@x@host/x', 'ann:x geheim@host/x']) {
      t.throws(() => loadConfig({ ...s3, [name]: url }), { name: 'ConfigError', message: new RegExp(`^${name} must be (?!.*geheim).*, not "\\.\\.\\.@host/x"`) }, `${name} ${url}`)
    }
    t.throws(() => loadConfig({ ...s3, [name]: 'ftp://host/x?password=geheim' }), { message: /, not "ftp:\/\/host\/x\?\.\.\."/ }, name)
  }
})

t.test('a variable that looks like ours and is not is told apart', async t => {
  t.strictSame(unknownVariables({ LEPORELLO_PROT: '1', LEPORELLO_PORT: '1', PATH: '/' }), ['LEPORELLO_PROT'])
})

t.test('what other commands read is no mistake, and the README tells of it', async t => {
  const sources = await Promise.all((await readdir('src/cli')).map(name => readFile(`src/cli/${name}`, 'utf8')))
  const read = [...sources.join('').matchAll(/(?:env|flag|variable)\('(LEPORELLO_\w+)'/g)].map(([, name = '']) => name)
  t.ok(read.length >= 8)
  t.strictSame(unknownVariables(Object.fromEntries(read.map(name => [name, '1']))), [])
  const readme = await readFile('README.md', 'utf8')
  for (const name of read) t.ok(readme.includes(`\`${name}`), name)
})

t.test('the README lists every variable with its default', async t => {
  const readme = await readFile('README.md', 'utf8')
  for (const [name, { help, fallback }] of Object.entries<{ help: string, fallback?: string }>(VARIABLES)) {
    t.ok(readme.includes(`| \`${name}\` | ${fallback === undefined ? '' : `\`${fallback}\``} | ${help} |`), name)
  }
})
