import { PassThrough } from 'node:stream'
import t from 'tap'
import { progressBars } from '../../src/cli/progress-bar.js'

function screen (isTTY: boolean) {
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 120 })
  return { stream, text: () => String(stream.read() ?? '') }
}

t.test('where nobody looks: a line a quarter, and no more', async t => {
  const { stream, text } = screen(false)
  const progress = await progressBars('program', stream)
  const [one, other] = [progress.start('one.tar', 1000), progress.start('other.tar', 4_000_000)]
  for (let sent = 0; sent < 1000; sent += 100) one.advance(100)
  other.advance(2_000_000)
  one.end()
  other.end()
  progress.stop()
  progress.say('done')
  t.equal(text(), ['one.tar: 25% of 1.0 kB', 'one.tar: 50% of 1.0 kB', 'one.tar: 75% of 1.0 kB', 'one.tar: 100% of 1.0 kB',
    'other.tar: 50% of 4.0 MB', 'done'].map(line => `program: ${line}\n`).join(''))
})

t.test('on a terminal: a bar for each, with rate and time left, and lines after them', async t => {
  const { stream, text } = screen(true)
  const progress = await progressBars('program', stream)
  const [one, other] = [progress.start('one.tar', 1000), progress.start('other.tar', 4_000_000)]
  one.advance(500)
  other.advance(4_000_000)
  one.end()
  other.end()
  progress.stop()
  progress.say('done')
  const shown = text()
  t.match(shown, /one\.tar \[={8} {8}\] 50% of 1\.0 kB, [\d.]+ \w+\/s, \S+ left/)
  t.match(shown, /other\.tar \[={16}\] 100% of 4\.0 MB/)
  t.match(shown, /program: done\n$/)
})
