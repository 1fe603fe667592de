import { spawnSync } from 'node:child_process'
import t from 'tap'
import { proxyFor, type Environment } from '../../src/container-met/proxy.js'
import { lackingRequests } from '../mozart/python.js'

const P = 'http://proxy:3128'
const Q = 'http://user:pass@other:8080'

const CASES: Array<[url: string, env: Environment, proxy: string | undefined]> = [
  ['http://mozart:8888/', {}, undefined],
  ['http://mozart:8888/', { http_proxy: P }, P],
  ['http://mozart:8888/', { HTTP_PROXY: P }, P],
  ['http://mozart:8888/', { http_proxy: P, HTTP_PROXY: Q }, P],
  ['http://mozart:8888/', { http_proxy: '', HTTP_PROXY: Q }, undefined],
  ['http://mozart:8888/', { http_proxy: 'proxy:3128' }, P],
  ['https://mozart:8888/', { http_proxy: P }, undefined],
  ['https://mozart:8888/', { https_proxy: Q }, Q],
  ['https://mozart:8888/', { all_proxy: P }, P],
  ['https://mozart:8888/', { ALL_PROXY: P, HTTPS_PROXY: Q }, Q],
  ['http://mozart:8888/', { HTTP_PROXY: P, REQUEST_METHOD: 'GET' }, undefined],
  ['http://mozart:8888/', { http_proxy: P, no_proxy: '*' }, undefined],
  ['http://mozart:8888/', { http_proxy: P, no_proxy: 'mozart' }, undefined],
  ['http://mozart:8888/', { http_proxy: P, no_proxy: 'mozart:8888' }, undefined],
  ['http://mozart:8888/', { http_proxy: P, no_proxy: 'mozart:9999' }, P],
  ['http://mozart:8888/', { http_proxy: P, NO_PROXY: 'a, mozart' }, undefined],
  ['http://mozart:8888/', { http_proxy: P, no_proxy: 'a', NO_PROXY: 'mozart' }, P],
  ['http://mozart.example.org/', { http_proxy: P, no_proxy: 'example.org' }, undefined],
  ['http://mozart.example.org/', { http_proxy: P, no_proxy: '.example.org' }, undefined],
  ['http://notexample.org/', { http_proxy: P, no_proxy: '.example.org' }, P],
  ['http://10.1.2.3:8888/', { http_proxy: P, no_proxy: '10.0.0.0/8' }, undefined],
  ['http://11.1.2.3:8888/', { http_proxy: P, no_proxy: '10.0.0.0/8' }, P],
  ['http://10.1.2.3:8888/', { http_proxy: P, no_proxy: '10.1.2.3' }, undefined],
  ['http://10.1.2.3:8888/', { http_proxy: P, no_proxy: '10.1.2.3:8888' }, P],
  ['http://10.1.2.3:8888/', { http_proxy: P, no_proxy: '2.3' }, undefined],
  ['http://10.1.2.3:8888/', { http_proxy: P, no_proxy: 'mozart,,' }, P]
]

t.test('the proxy is the one that the variables name', async t => {
  for (const [url, env, proxy] of CASES) {
    t.equal(proxyFor(new URL(url), env)?.href, proxy && new URL(proxy).href, `${url} ${JSON.stringify(env)}`)
  }
})

t.test('Python\'s requests takes the same one', { skip: lackingRequests() }, async t => {
  const script = `
import json, os, sys
from requests.utils import get_environ_proxies, select_proxy
found = []
for url, env, _ in json.load(sys.stdin):
    os.environ.clear()
    os.environ.update(env)
    proxy = select_proxy(url, get_environ_proxies(url))
    found.append(proxy and (proxy if '://' in proxy else 'http://' + proxy))
json.dump(found, sys.stdout)`
  const input = JSON.stringify(CASES.map(([url, env]) => [url, env, null]))
  const { stdout, stderr } = spawnSync('python3', ['-c', script], { input, encoding: 'utf8' })
  t.same(JSON.parse(stdout || 'null'), CASES.map(([, , proxy]) => proxy ?? null), stderr)
})

t.test('a proxy that is no address is refused without its secret', async t => {
  t.throws(() => proxyFor(new URL('http://mozart/'), { http_proxy: 'socks5://user:SECRET@proxy' }), { message: /^(?!.*SECRET).*socks5:\/\/proxy.*http_proxy/ })
})
