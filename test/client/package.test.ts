import { ApiError, LeporelloClient, type ResolvedImage } from 'leporello/client'
import t from 'tap'
import { answering, startServer } from './servers.js'

t.test('programs import the client, with its types, from the package', async t => {
  const image: Partial<ResolvedImage> = { id: 'c', architecture: 'arm64' }
  const client = new LeporelloClient({ url: await startServer(t, answering(200, { message: '', result: image })) })
  t.teardown(() => client.close())
  const { architecture } = await client.resolve('c', 'aarch64')
  t.equal(architecture, 'arm64')
  t.ok(new ApiError('refused', { status: 400 }) instanceof Error)
})
