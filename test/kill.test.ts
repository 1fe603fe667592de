import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { CONTAINER, temporaryFolder } from './app.js'
import { startService, type Service } from './service.js'

const ROUNDS = Number(process.env['LEPORELLO_KILL_ROUNDS'] ?? 3)
const IN_FLIGHT = 64

t.test(`after kill -9 under writes, ${ROUNDS} times, every acknowledged container is there`, async t => {
  const env = { LEPORELLO_DATA_DIR: await temporaryFolder(t), LEPORELLO_LOG_LEVEL: 'info' }
  const acknowledged = new Set<string>()
  for (let round = 0; round < ROUNDS; round++) {
    const before = acknowledged.size
    const service = await startService(t, env)
    const writers = writeUntilItDies(service, round, acknowledged)
    while (acknowledged.size < before + 200 + Math.random() * 1000) await writers.progress()
    await service.stop('SIGKILL')
    await writers.done
    const survivor = await startService(t, env)
    const { result } = await (await fetch(`${survivor.url}/container/list`)).json() as { result: string[] }
    const listed = new Set(result)
    t.same([...acknowledged].filter(id => !listed.has(id)), [], `round ${round}: ${acknowledged.size} acknowledged`)
    t.same(await survivor.stop(), { code: 0, signal: null })
  }
})

/** Keeps so many adds in flight and notes each that is answered 200; ends when the service does. */
function writeUntilItDies (service: Service, round: number, acknowledged: Set<string>) {
  const agent = new Agent({ keepAlive: true, maxSockets: IN_FLIGHT })
  let wake = () => {}
  let next = 0
  async function writer (): Promise<void> {
    for (;;) {
      const name = `container-${round}-${next++}:1`
      try {
        if (await add(service.url, agent, name) === 200) acknowledged.add(name)
      } catch {
        return
      }
      wake()
    }
  }
  return {
    done: Promise.all(Array.from({ length: IN_FLIGHT }, writer)).finally(() => agent.destroy()),
    progress: () => new Promise<void>(resolve => { wake = resolve })
  }
}

async function add (url: string, agent: Agent, name: string): Promise<number | undefined> {
  const body = new URLSearchParams({ ...CONTAINER, name }).toString()
  const headers = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': body.length }
  const sent = request(`${url}/container/add`, { method: 'POST', agent, headers })
  sent.end(body)
  const [response] = await once(sent, 'response')
  await text(response)
  return response.statusCode
}
