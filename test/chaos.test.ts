import t from 'tap'
import { runChaos } from './chaos/chaos.js'
import { enginesUnderTest } from './engines/under-test.js'

const seed = Number(process.env['LEPORELLO_CHAOS_SEED'] ?? Math.floor(Date.now() / 1000) % 1_000_000)
const kills = Number(process.env['LEPORELLO_CHAOS_KILLS'] ?? 10)
const seconds = Number(process.env['LEPORELLO_CHAOS_SECONDS'] ?? 25)

/** A tarball that nobody names is removed after twice as long; an upload may take a quarter of it. */
const graceMs = kills > 50 ? 20_000 : 8_000

for (const engine of enginesUnderTest()) {
  t.test(`${engine} and versitygw: ${kills} instances killed, and faults on every way (seed ${seed})`, async t => {
    const figures = await runChaos(t, { engine, seed, kills, seconds, graceMs })
    for (const line of figures.lines()) t.comment(line)
    t.equal(figures.total('instances killed'), kills)
    t.ok(figures.total('faults') > 0)
    t.ok(figures.total('names at the end') > 0)
    t.ok(figures.total('tarballs downloaded at the end') > 0)
    for (const mistake of figures.mistakes.slice(0, 50)) t.comment(`WRONG: ${mistake}`)
    t.equal(figures.mistakes.length, 0, `nothing acknowledged is lost, nothing is shown in part, nothing is left, in ${Math.round(figures.now() / 1000)} s`)
  })
}
