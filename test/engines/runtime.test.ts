import { readFile } from 'node:fs/promises'
import t from 'tap'
import { ENGINE_LINES } from './lines.js'
import { chooseRuntime } from './runtime.js'

t.test('Java where there is all of it, else Docker, else a sentence that says what to install', t => {
  const cases: ReadonlyArray<readonly [has: string, chosen: string | RegExp]> = [
    ['java javac mvn docker', 'java'],
    ['java javac mvn', 'java'],
    ['java mvn docker', 'docker'],
    ['java javac docker', 'docker'],
    ['docker', 'docker'],
    ['', /^opensearch-2 cannot be started here: there is no java and no javac and no mvn to run it with Java, and no docker\. Install a JDK/],
    ['java', /^opensearch-2 cannot be started here: there is no javac and no mvn /],
    ['java javac', /^opensearch-2 cannot be started here: there is no mvn /]
  ]
  for (const [has, chosen] of cases) {
    const choose = () => chooseRuntime('opensearch-2', program => has.split(' ').includes(program))
    if (typeof chosen === 'string') t.equal(choose(), chosen, has)
    else t.throws(choose, { message: chosen }, has)
  }
  t.end()
})

t.test('the compose file has every line, of the same version, and offers nothing to the network', async t => {
  const compose = await readFile('docker-compose.yml', 'utf8')
  for (const [name, { vendor, version }] of Object.entries(ENGINE_LINES)) {
    const images = { elasticsearch: 'elastic/elasticsearch', opensearch: 'opensearchproject/opensearch' }
    const service = `  ${name}:\n    <<: *${vendor}\n    image: ${images[vendor]}:${version}\n`
    t.ok(compose.includes(service), service)
  }
  const ports = compose.match(/^ +- .*:\d+$/gm) ?? []
  t.ok(ports.length > 3 && ports.every(port => port.includes('- 127.0.0.1:')), ports.join())
})
