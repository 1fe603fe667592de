import { visit } from 'jsonc-parser'

/** The members an `X-Fields` header asks for, in its order: each as a whole (`true`) or by a mask of its own. */
export type Mask = ReadonlyMap<string, true | Mask>

/** An `X-Fields` header that cannot be followed: a 400 whose body is `{"message": <this message>}`. */
export class MaskError extends Error {
  override readonly name = 'MaskError'
}

const INCONSISTENT = 'Mask error: Mask is inconsistent with model'

/** An object or list that is open, of which a mask selects members; in a list the mask applies to every item. */
interface Selection {
  readonly mask: Mask
  /** What is selected so far of an object, by key; of a list, in order. */
  readonly chosen: Map<string | number, string>
  readonly isList: boolean
  key: string
}

/**
 * The members of a JSON text, an object or a list of objects, that a mask names, in the mask's order and with every
 * digit. Reads the text once, however deep the mask.
 *
 * @throws {MaskError} when a mask meets what has no members.
 */
export function selectMembers (mask: Mask, json: string): string {
  const selector = new Selector(mask, json)
  try {
    visit(json, {
      onObjectBegin: offset => selector.begin(offset, false),
      onArrayBegin: offset => selector.begin(offset, true),
      onObjectEnd: (offset, length) => selector.end(offset + length),
      onArrayEnd: (offset, length) => selector.end(offset + length),
      onObjectProperty: property => selector.property(property),
      onLiteralValue: (value, offset, length) => selector.literal(value, offset, offset + length)
    }, { disallowComments: true })
  } catch (error) {
    // The visitor goes down by recursion.
    throw error instanceof RangeError ? new MaskError('Mask error: the document is nested too deeply') : error
  }
  return selector.result
}

class Selector {
  result = ''
  readonly #json: string
  readonly #root: Mask
  readonly #open: Selection[] = []
  readonly #ranks = new Map<Mask, ReadonlyMap<string | number, number>>()
  /** How deep within a value that is taken or left as a whole; where it began, if it is taken. */
  #depth = 0
  #start: number | undefined

  constructor (root: Mask, json: string) {
    this.#root = root
    this.#json = json
  }

  begin (offset: number, isList: boolean): void {
    const wanted = this.#depth > 0 ? undefined : this.#wanted()
    if (this.#depth > 0) {
      this.#depth++
    } else if (wanted === undefined || wanted === true) {
      this.#depth = 1
      this.#start = wanted === true ? offset : undefined
    } else {
      this.#open.push({ mask: wanted, chosen: new Map(), isList, key: '' })
    }
  }

  end (end: number): void {
    if (this.#depth === 0) this.#choose(this.#print(this.#open.pop()!))
    else if (--this.#depth === 0 && this.#start !== undefined) this.#choose(this.#json.slice(this.#start, end))
  }

  property (key: string): void {
    const within = this.#open.at(-1)
    if (this.#depth === 0 && within !== undefined) within.key = key
  }

  literal (value: unknown, start: number, end: number): void {
    const wanted = this.#depth > 0 ? undefined : this.#wanted()
    if (wanted === undefined) return
    if (wanted === true) this.#choose(this.#json.slice(start, end))
    else if (value !== null || this.#open.at(-1)?.isList !== false) throw new MaskError(INCONSISTENT)
  }

  /** What the mask says of the value that comes next. */
  #wanted (): true | Mask | undefined {
    const within = this.#open.at(-1)
    if (within === undefined) return this.#root
    if (within.isList) return within.mask
    return within.mask.get(within.key) ?? (within.mask.has('*') ? true : undefined)
  }

  #choose (json: string): void {
    const within = this.#open.at(-1)
    if (within === undefined) this.result = json
    else within.chosen.set(within.isList ? within.chosen.size : within.key, json)
  }

  /**
   * A list as it came, an object's members in the order of the mask, then those that `*` stands for. By concatenation,
   * which copies nothing: what is deep down would be copied once for every level.
   */
  #print ({ mask, chosen, isList }: Selection): string {
    let json = ''
    if (isList) {
      for (const item of chosen.values()) json += json === '' ? item : `,${item}`
      return `[${json}]`
    }
    const ranks = this.#ranksOf(mask)
    const rank = (key: string | number) => ranks.get(key) ?? ranks.size
    const keys = [...chosen.keys()].sort((a, b) => rank(a) - rank(b))
    for (const key of keys) json += `${json === '' ? '' : ','}${JSON.stringify(key)}:${chosen.get(key)}`
    return `{${json}}`
  }

  /** The places of a mask's names, told once: it may have more names than an item of a list has members. */
  #ranksOf (mask: Mask): ReadonlyMap<string | number, number> {
    let ranks = this.#ranks.get(mask)
    if (ranks === undefined) this.#ranks.set(mask, ranks = new Map(Array.from(mask.keys(), (name, rank) => [name, rank])))
    return ranks
  }
}
