import t from 'tap'
import { putOf } from './gated-index.js'
import { SetInstances } from './set-instances.js'

t.test('all who sent a part of a set in the same moment are answered with what is registered', async t => {
  const site = await SetInstances.open(t)
  const instance = site.instance()
  const answers = await Promise.all([instance.amd64('1'), instance.arm64('1'), instance.arm64('1'), instance.amd64('1')])
  const { json, tag } = (await site.document())!
  t.match(answers, [
    { outcome: 'waiting' },
    { outcome: 'published', document: json, tag, kept: [] },
    { outcome: 'published', document: json, tag, kept: [] },
    { outcome: 'published', document: json, tag, kept: [] }
  ])
  t.equal(instance.gates.calls.filter(putOf('container')).length, 1)
})

t.test('a set that is shown and cannot be closed in time is answered as published', async t => {
  const site = await SetInstances.open(t)
  const instance = site.instance({ requestTimeoutMs: 400 })
  await instance.amd64('1')
  for (let write = 0; write < 100; write++) instance.gates.lose(putOf('sets'), { lands: false, skip: 1 })
  t.match(await instance.arm64('1'), { outcome: 'published', document: (await site.document())!.json })
  t.same(await site.states(), ['1 complete'])
})
