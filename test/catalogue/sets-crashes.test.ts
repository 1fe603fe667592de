import t from 'tap'
import { lostSetAnswers } from './lost-set-answers.js'
import { setCrashContract, type OpenAddress } from './sets-crashes.js'

const openAddress: OpenAddress = async t => ({ folder: t.testdir() })

setCrashContract(t, openAddress, { requestTimeoutMs: 200, takeoverMs: 1200 })
lostSetAnswers(t, openAddress)
