import { once } from 'node:events'
import { spawn } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import t from 'tap'
import { Locks } from '../../src/load/lock.js'
import { temporaryFolder } from '../app.js'

t.test('one has a lock and the others wait in turn, and no file is left', async t => {
  const folder = await temporaryFolder(t)
  const locks = new Locks(folder)
  let [inside, waited] = [0, 0]
  await Promise.all(Array.from({ length: 3 }, async () => {
    const lock = await locks.take('a', () => { waited++ })
    t.equal(++inside, 1)
    t.equal(await locks.tryToTake('a'), undefined)
    const other = await locks.tryToTake('b')
    await other?.release()
    inside--
    await lock.release()
  }))
  t.equal(waited, 2)
  t.same(await readdir(folder), [])
})

t.test('a process that is killed has let go', async t => {
  const folder = await temporaryFolder(t)
  const module = new URL('../../src/load/lock.js', import.meta.url).href
  const holder = spawn(process.execPath, ['--input-type=module', '-e',
    `import { Locks } from '${module}'; await new Locks('${folder}').take('a'); console.log('held'); setInterval(() => {}, 1000)`
  ], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(createInterface({ input: holder.stdout }), 'line')
  const locks = new Locks(folder)
  t.equal(await locks.tryToTake('a'), undefined)
  const taken = locks.take('a')
  holder.kill('SIGKILL')
  await (await taken).release()
  t.same(await readdir(join(folder)), [])
})
