import { setTimeout } from 'node:timers/promises'
import t from 'tap'
import { temporaryFolder } from './app.js'
import { startService } from './service.js'
import { Latencies } from './soak/latencies.js'
import { sampleProcess } from './soak/process-sample.js'
import { Random } from './soak/random.js'
import { Traffic } from './soak/traffic.js'
import { driftOf } from './soak/windows.js'

const SECONDS = Number(process.env['LEPORELLO_SOAK_SECONDS'] ?? 6)

/** The short form of `npm run soak`. */
t.test('mixed traffic gets only answers that it should, and leaves no descriptor open', async t => {
  const { url, process } = await startService(t, { LEPORELLO_DATA_DIR: await temporaryFolder(t), LEPORELLO_LOG_LEVEL: 'info' })
  const soak = async (seconds: number) => {
    const traffic = new Traffic(url, { connections: 50, random: new Random(1) })
    const running = traffic.run()
    // How long it lasts decides how much is tried, not whether it passes.
    await setTimeout(seconds * 1000)
    traffic.stop()
    await running
    return traffic
  }
  // Threads that verify images are started with the first uploads, and stay.
  await soak(1)
  const before = await sampleProcess(process.pid!)
  const traffic = await soak(SECONDS)
  t.same([...traffic.unexpected], [])
  for (const operation of ['info', 'add', 'merge', 'set', 'upload', 'download', 'list', 'search']) {
    t.ok(traffic.latencies.has(operation), `${operation} was tried`)
  }
  // A socket is closed a moment after the client's end; a descriptor that leaks stays until the test is given up.
  while ((await sampleProcess(process.pid!)).descriptors > before.descriptors) await setTimeout(50)
})

t.test('latencies tell a quantile to 5 %', async t => {
  const latencies = new Latencies()
  for (let ms = 1; ms <= 1000; ms++) latencies.add(ms)
  t.ok(Math.abs(latencies.quantile(0.5) / 500 - 1) < 0.06)
  t.ok(Math.abs(latencies.quantile(0.99) / 990 - 1) < 0.06)
})

t.test('a drift is told as a share of what was held early, without the start', async t => {
  const samples = [10, 100, 100, 100, 100, 150].map(memory => ({ memory, descriptors: 20 }))
  t.match(driftOf(samples), { memory: 0.5, descriptors: 0 })
})
