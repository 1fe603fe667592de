import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { temporaryFolder, testApp } from '../app.js'
import { definitions, type Definition } from './definitions.js'
import { promtool, skip } from './promtool.js'

const FOLDER = 'docs/monitoring'

interface Panel {
  readonly title: string
  readonly type: string
  readonly targets?: ReadonlyArray<{ readonly expr: string }>
}

interface Dashboard {
  readonly panels: readonly Panel[]
  readonly templating: { readonly list: ReadonlyArray<{ readonly name: string, readonly definition?: string }> }
}

async function dashboard (): Promise<Dashboard> {
  return JSON.parse(await readFile(`${FOLDER}/dashboard.json`, 'utf8'))
}

/** Of the panels, with a time in the place of Grafana's. */
async function panelExpressions (): Promise<string[]> {
  const { panels } = await dashboard()
  return panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr.replaceAll('$__rate_interval', '5m')))
}

/** Of the file of the rules, which are one line, or a block that is further in. */
async function alerts (): Promise<Array<{ readonly name: string, readonly expression: string }>> {
  const text = await readFile(`${FOLDER}/alerts.yml`, 'utf8')
  return [...text.matchAll(/^ {6}- alert: (\w+)\n {8}expr: (?:\|\n((?: {10}.*\n)+)|(.*)\n)/gm)]
    .map(([, name = '', block, line]) => ({ name, expression: block ?? line ?? '' }))
}

/** The metrics that an expression names, and by which labels it chooses among each. */
function selectorsIn (expression: string): Array<{ readonly name: string, readonly labels: readonly string[] }> {
  return [...expression.matchAll(/\b((?:leporello|process|nodejs)_\w+)(?:\{([^}]*)\})?/g)].map(([, name = '', labels = '']) => ({
    name, labels: [...labels.matchAll(/(\w+)(?:=~|!~|!=|=)/g)].map(([, label = '']) => label)
  }))
}

/** What Prometheus adds to whatever it scrapes. */
const OF_THE_SCRAPE = ['job', 'instance']

function isDefined (all: readonly Definition[], { name, labels }: ReturnType<typeof selectorsIn>[number]): boolean {
  const found = all.find(each => each.type === 'histogram'
    ? ['_bucket', '_sum', '_count'].some(end => each.name + end === name)
    : each.name === name)
  return found !== undefined && labels.every(label => OF_THE_SCRAPE.includes(label) || found.labelNames.includes(label))
}

t.test('alerts and panels name only metrics that the service has, and labels that these have', async t => {
  const all = await definitions(t)
  const expressions = [...await panelExpressions(), ...(await alerts()).map(({ expression }) => expression)]
  const variables = (await dashboard()).templating.list.map(({ definition = '' }) => definition)
  const selectors = [...expressions, ...variables].flatMap(selectorsIn)
  t.ok(selectors.length > 60)
  t.same(selectors.filter(selector => !isDefined(all, selector)), [])
  t.notOk(isDefined(all, { name: 'leporello_http_request_duration_seconds', labels: [] }), 'a histogram is only there in its parts')
  t.notOk(isDefined(all, { name: 'leporello_backend_up', labels: ['code'] }))
})

t.test('every metric of ours is in a panel', async t => {
  const shown = (await panelExpressions()).flatMap(selectorsIn).map(({ name }) => name.replace(/_(?:bucket|sum|count)$/, ''))
  const missing = (await definitions(t)).filter(({ name }) => name.startsWith('leporello_') && !shown.includes(name))
  t.same(missing.map(({ name }) => name), [])
})

t.test('every panel has a title of its own, and an expression', async t => {
  const panels = (await dashboard()).panels.filter(({ type }) => type !== 'row')
  t.equal(new Set(panels.map(({ title }) => title)).size, panels.length)
  for (const { title, targets = [] } of panels) t.not(targets.length, 0, title)
})

t.test('the page lists every metric with its labels, and every alert (if not: LEPORELLO_WRITE_METRICS=1 writes the table)', async t => {
  const file = `${FOLDER}/README.md`
  let page = await readFile(file, 'utf8')
  const rows = (await definitions(t)).filter(({ name }) => name.startsWith('leporello_'))
    .map(({ name, type, labelNames, help }) => `| \`${name}\` | ${type} | ${labelNames.map(label => `\`${label}\``).join(' ')} | ${help} |\n`).join('')
  if (process.env['LEPORELLO_WRITE_METRICS'] === '1') {
    page = page.replace(/(\| metric .*\n\| --- .*\n)(?:\| .*\n)*/, (_all, head: string) => head + rows)
    await writeFile(file, page)
  }
  t.ok(page.includes(`| --- | --- | --- | --- |\n${rows}\n`))
  const names = (await alerts()).map(({ name }) => name)
  t.ok(names.length > 15)
  t.same([...page.matchAll(/^\| `(Leporello\w+)` \|/gm)].map(([, name]) => name), names)
})

t.test('what an alert waits for is there with 0 before it first happens', async t => {
  const text = await (await testApp(t)).metrics.registry.metrics()
  for (const series of ['leporello_refusals_total{code="STORE_FULL"}', 'leporello_refusals_total{code="UPLOADS_BUSY"}', 'leporello_sweeps_total{outcome="failed"}',
    'leporello_auth_failures_total{reason="wrong"}', 'leporello_http_failures_total', 'leporello_store_errors_total{operation="put",code="STORE_UNAVAILABLE"}',
    'leporello_mozart_requests_total{outcome="unreachable"}']) {
    t.ok(text.includes(`\n${series} 0\n`), series)
  }
})

t.test('promtool takes the rules, and they fire where they have to and nowhere else', { skip }, async t => {
  const check = await promtool('check', 'rules', `${FOLDER}/alerts.yml`)
  t.ok(check.isContent, check.said)
  t.match(check.said, `${(await alerts()).length} rules found`)
  const tested = await promtool('test', 'rules', 'test/monitoring/alerts.test.yml')
  t.ok(tested.isContent, tested.said)
  const tests = await readFile('test/monitoring/alerts.test.yml', 'utf8')
  for (const { name } of await alerts()) {
    const cases = tests.split('alertname: ').filter(text => text.startsWith(`${name}\n`))
    t.ok(cases.some(text => text.includes('exp_labels')), `${name} fires somewhere`)
    t.ok(cases.some(text => text.includes('exp_alerts: []')), `${name} is silent somewhere`)
  }
})

t.test('promtool takes every expression of the dashboard', { skip }, async t => {
  const file = join(await temporaryFolder(t), 'panels.yml')
  const rules = (await panelExpressions()).map((expr, at) => `      - record: panel:${'abcdefghij'[Math.floor(at / 10)]}${'abcdefghij'[at % 10]}\n        expr: ${JSON.stringify(expr)}\n`)
  await writeFile(file, `groups:\n  - name: panels\n    rules:\n${rules.join('')}`)
  const check = await promtool('check', 'rules', file)
  t.ok(check.isContent, check.said)
  t.match(check.said, `${rules.length} rules found`)
})

t.test('promtool finds nothing wrong with what is scraped', { skip }, async t => {
  const { execFile } = await import('node:child_process')
  const app = await testApp(t)
  await app.inject('/container/list')
  const lint = execFile('promtool', ['check', 'metrics'])
  let said = ''
  lint.stdout?.on('data', chunk => { said += chunk })
  lint.stderr?.on('data', chunk => { said += chunk })
  lint.stdin?.end((await app.inject('/metrics')).body)
  const code = await new Promise(resolve => lint.on('close', resolve))
  t.equal(code, 0, said)
})
