import t from 'tap'
import { testApp } from '../app.js'
import { startEngine } from '../engines/engine.js'
import { enginesUnderTest } from '../engines/under-test.js'
import { recordedAnswers } from './golden.js'

t.test('the embedded catalogue answers as the recorded Mozart', async t => {
  await recordedAnswers(t, await testApp(t))
})

for (const name of enginesUnderTest()) {
  t.test(`on ${name} the service answers as the recorded Mozart`, async t => {
    const { url } = await startEngine(t, name)
    await recordedAnswers(t, await testApp(t, { env: { LEPORELLO_INDEX_URL: url } }))
  })
}
