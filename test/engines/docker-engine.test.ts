import { chmod, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import t from 'tap'
import { temporaryFolder } from '../app.js'
import { prepareEngine } from './engine.js'

/** Writes down how it is called, and says what docker would where that is asked for. */
const STAND_IN = `#!/bin/sh
echo "\${LEPORELLO_ENGINE_PORT:--} $*" >> "$(dirname "$0")/calls"
case "$*" in
  *" ps "*) echo c0ffee ;;
  kill*) echo "container c0ffee is not running" >&2; exit 1 ;;
esac
`

t.test('without Java an engine is a service of the compose file, in a project of its own', async t => {
  const folder = await temporaryFolder(t)
  const program = join(folder, 'docker')
  await writeFile(program, STAND_IN)
  await chmod(program, 0o755)
  await Promise.all(['sh', 'dirname'].map(name => writeFile(join(folder, name), `#!/bin/sh\nexec /bin/${name} "$@"\n`, { mode: 0o755 })))
  const path = process.env['PATH']
  process.env['PATH'] = folder
  t.teardown(() => { process.env['PATH'] = path })

  let stop = async () => {}
  const engine = await prepareEngine({ teardown: end => { stop = end as () => Promise<void> } }, 'opensearch-2')
  const { port } = new URL(engine.url)
  let asked = 0
  // It is not well at first.
  const server = createServer((_request, response) => { response.writeHead(++asked < 3 ? 503 : 200).end('{}') })
  server.listen(Number(port), '127.0.0.1')
  t.teardown(() => { server.close() })

  await engine.start()
  t.equal(asked, 3)
  await engine.pause()
  await engine.resume()
  await engine.restart()
  await stop()

  const calls = (await readFile(join(folder, 'calls'), 'utf8')).trimEnd().split('\n')
  const project = /--project-name (leporello-test-[0-9a-f-]+) /.exec(calls[0] ?? '')?.[1]
  const compose = new RegExp(`^${port} compose --file \\S+/docker-compose\\.yml --project-name ${project} --profile engines `)
  t.same(calls.map(call => call.replace(compose, 'compose ')), [
    'compose up --detach --no-deps opensearch-2',
    'compose ps --all --quiet opensearch-2', '- pause c0ffee',
    'compose ps --all --quiet opensearch-2', '- unpause c0ffee',
    'compose ps --all --quiet opensearch-2', '- kill c0ffee', '- wait c0ffee',
    'compose up --detach --no-deps opensearch-2',
    'compose down --volumes --timeout 0'
  ])
})

t.test('without Java and Docker one sentence says so', async t => {
  const path = process.env['PATH']
  process.env['PATH'] = await temporaryFolder(t)
  t.teardown(() => { process.env['PATH'] = path })
  await t.rejects(prepareEngine(t, 'elasticsearch-9'), { message: /^elasticsearch-9 cannot be started here: .*Install a JDK/ })
})
