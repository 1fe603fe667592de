import {
  ApiError, LeporelloClient, type ImageRecord, type PendingSet, type Report, type ResolvedImage
} from 'leporello/client'
import t from 'tap'
import type { ContainerReport } from '../../src/catalogue/container-report.js'
import type * as pending from '../../src/catalogue/pending-sets.js'
import type { Resolved } from '../../src/catalogue/resolution.js'
import type * as domain from '../../src/domain/image-record.js'
import { answering, startServer } from './servers.js'

t.test('programs import the client, with its types, from the package', async t => {
  const image: Partial<ResolvedImage> = { id: 'c', architecture: 'arm64' }
  const client = new LeporelloClient({ url: await startServer(t, answering(200, { message: '', result: image })) })
  t.teardown(() => client.close())
  const { architecture } = await client.resolve('c', 'aarch64')
  t.equal(architecture, 'arm64')
  t.ok(new ApiError('refused', { status: 400 }) instanceof Error)
})

t.test('its types are those of what the service answers, which it must not import', async t => {
  const agree: [
    Agree<Resolved, ResolvedImage>, Agree<domain.ImageRecord, ImageRecord>, Agree<ContainerReport, Report>, Agree<pending.PendingSet, PendingSet>
  ] = [true, true, true, true]
  t.ok(agree, 'as the compiler has found')
})

/** What the service has can be read as the client says, and there is nothing that the client does not say. */
type Agree<Service, Client> = Service extends Client ? keyof Service extends keyof Client ? true : never : never
