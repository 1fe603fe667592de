import t from 'tap'
import { ownIndices } from '../adapters/search/helpers.js'
import { startEngine } from '../engines/engine.js'
import { enginesUnderTest } from '../engines/under-test.js'
import { lostSetAnswers } from './lost-set-answers.js'
import { setCrashContract } from './sets-crashes.js'

for (const name of enginesUnderTest()) {
  t.test(name, async t => {
    const { url } = await startEngine(t, name)
    const openAddress = async () => ({ url, indices: ownIndices() })
    setCrashContract(t, openAddress, { requestTimeoutMs: 500, takeoverMs: 3000 })
    lostSetAnswers(t, openAddress)
  })
}
