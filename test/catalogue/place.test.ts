import { Readable } from 'node:stream'
import t from 'tap'
import { UploadRecords } from '../../src/catalogue/upload-records.js'
import { LeporelloError } from '../../src/errors.js'
import { changed, SweptCatalogue } from './swept-catalogue.js'

t.test('a mark is not written again: a lock may refuse even that', async t => {
  const { index, images, catalogue } = await SweptCatalogue.make(t)
  const id = await catalogue.records.owner()
  const locked = changed(images, {
    createOnce: async () => { throw new LeporelloError('STORE_REFUSED', 'protected by object lock') }
  })
  t.equal(await new UploadRecords({ index, images: locked, requestTimeoutMs: 5000 }).owner(), id)
})

t.test('another catalogue\'s mark outlives a store that replaces what should be created once', async t => {
  const { images, catalogue } = await SweptCatalogue.make(t)
  const { index } = await SweptCatalogue.make(t)
  const id = await catalogue.records.owner()
  const heedless = changed(images, {
    createOnce: async (key, bytes) => {
      await images.put(key, Readable.from([bytes]))
      return true
    }
  })
  const records = new UploadRecords({ index, images: heedless, requestTimeoutMs: 5000 })
  await t.rejects(records.owner(), { code: 'STORE_REFUSED', message: `belongs to another catalogue (${id}` })
  t.equal(await records.markOfPlace(), id)
})

t.test('of catalogues that take a place at once one has it', async t => {
  const { images } = await SweptCatalogue.make(t)
  const indices = await Promise.all([1, 2, 3].map(async () => (await SweptCatalogue.make(t)).index))
  const taken = await Promise.allSettled(indices.map(async index => await new UploadRecords({ index, images, requestTimeoutMs: 5000 }).owner()))
  t.same(taken.map(({ status }) => status).sort(), ['fulfilled', 'rejected', 'rejected'])
})
