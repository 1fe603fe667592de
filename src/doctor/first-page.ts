/** Asks for the first page only; undefined when there is none. */
export async function firstOf<Page> (pages: AsyncIterable<Page>): Promise<Page | undefined> {
  const iterator = pages[Symbol.asyncIterator]()
  const { value, done } = await iterator.next()
  await iterator.return?.()
  return done === true ? undefined : value
}
