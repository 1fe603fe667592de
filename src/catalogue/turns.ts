import { setImmediate as nextTurn } from 'node:timers/promises'

/** So many documents are looked into at once: one that names a thousand spellings takes more than a millisecond. */
const ITEMS_A_TURN = 25

/** The items with their places, with a turn of the event loop for others now and then. */
export async function * inTurns<Item> (items: readonly Item[]): AsyncGenerator<readonly [at: number, item: Item]> {
  for (const entry of items.entries()) {
    if (entry[0] > 0 && entry[0] % ITEMS_A_TURN === 0) await nextTurn()
    yield entry
  }
}
