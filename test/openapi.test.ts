import { readFile } from 'node:fs/promises'
import t from 'tap'
import { describeApi } from '../src/openapi.js'
import { testApp } from './app.js'

t.test('openapi.yaml is what the routes say (if not: npm run openapi)', async t => {
  t.equal(await readFile('openapi.yaml', 'utf8'), describeApi(await testApp(t)))
})

t.test('every operation is described once, by an id of its own', async t => {
  const app = await testApp(t)
  const { paths } = (await app.inject('/api/v0.1/openapi.json')).json() as { paths: Record<string, Record<string, { operationId: string, summary: string, tags: string[] }>> }
  const operations = Object.values(paths).flatMap(item => Object.entries(item))
    .filter(([method]) => method !== 'servers').map(([, operation]) => operation)
  t.equal(operations.length, 3 * 8 + 3 + 2 + 9 + 1)
  t.equal(new Set(operations.map(({ operationId }) => operationId)).size, operations.length)
  for (const { operationId, summary, tags } of operations) t.ok(operationId && summary && tags.length === 1, operationId)
})
