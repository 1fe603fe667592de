import t from 'tap'
import { mayBePassed } from '../../src/wire/passed-path.js'

t.test('what is no route of ours may be passed on', async t => {
  for (const path of ['/api/v0.1/job/list', '/api/v0.1/queue/list', '/api/v0.2/user-rules/x', '/job/status/a%20b', '/containers', '/a/container/b',
    '/api/v0.1/job/container', '/x;y', '/%C3%A4', '/login']) t.equal(mayBePassed(path), true, path)
})

t.test('what any server could take for a route of ours may not', async t => {
  for (const path of ['/container', '/container/add', '/api/v0.1/container/add', '/api/v0.2/hysds_io', '/api/v0.9/job_spec/remove', '//container/add',
    '/api//v0.1///container', '/api/v0.1/%63ontainer/add', '/api/v0.1/%2563ontainer/add', '/api%2Fv0.1%2fcontainer', '/api/v0.1/job/../container/add',
    '/api/v0.1/job/%2e%2e/container', '/./job', '/api/v0.1/job/..', '\\container', '/api/v0.1\\container\\add', '/api/v0.1/container;x/add',
    '/mozart/api/v0.1/container/add', '/api/v0.1/;x/container/add', '/;/container/add', '/api/v0.1/Container/add', '/API/v0.1/container',
    '/container%00/add', '/api/v0.1/container%2500', '/api/v0.1/container%09', '/job/%0d%0aX:y', '/job/x%C2%85', '/container;jsessionid=1', '/%', '/%E0%A4%A', '/%2525252563ontainer', '']) t.equal(mayBePassed(path), false, path)
})

t.test('what is kept for this service may not', async t => {
  for (const path of ['/', '/ui', '/ui/x', '/v2/', '/metrics', '/health', '/health/live', '/swaggerui/x', '/api/v0.1/', '/api/v0.1/doc/', '/api/v0.2/swagger.json']) {
    t.equal(mayBePassed(path), false, path)
  }
})
