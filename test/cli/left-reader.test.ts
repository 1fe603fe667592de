import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { temporaryFolder } from '../app.js'
import { spawnLeporello, startService } from '../service.js'

t.test('a command whose reader leaves, as head does, ends without a word', async t => {
  const { url } = await startService(t, { LEPORELLO_DATA_DIR: await temporaryFolder(t) })
  const child = spawnLeporello(['report'], { LEPORELLO_URL: url })
  child.stdout!.destroy()
  const [stderr, [code]] = await Promise.all([text(child.stderr!), once(child, 'close')])
  t.equal(stderr, '')
  t.equal(code, 141)
})
