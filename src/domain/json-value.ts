import { visit } from 'jsonc-parser'

type Container = unknown[] | Record<string, unknown>

/**
 * The value of a JSON text, built member by member: `JSON.parse` of Node 24.21 gives an object the keys of another one
 * parsed before it when an escape stands in their place. `literalOf` is asked what a string, number, flag or null means,
 * whose text in the JSON it is given too.
 *
 * @throws SyntaxError when it is not JSON.
 */
export function jsonValue (
  text: string, literalOf: (value: unknown, text: string) => unknown = value => value
): unknown {
  // Only for the grammar, which it knows best.
  JSON.parse(text)
  const open: Container[] = []
  const keys: string[] = []
  let root: unknown
  const place = (value: unknown) => {
    const parent = open.at(-1)
    if (parent === undefined) root = value
    else if (Array.isArray(parent)) parent.push(value)
    else setMember(parent, keys.pop() as string, value)
  }
  const begin = (container: Container) => {
    place(container)
    open.push(container)
  }
  const end = () => { open.pop() }
  visit(text, {
    onObjectBegin: () => begin({}),
    onArrayBegin: () => begin([]),
    onObjectEnd: end,
    onArrayEnd: end,
    onObjectProperty: key => { keys.push(key) },
    onLiteralValue: (value, offset, length) => place(literalOf(value, text.slice(offset, offset + length)))
  }, { disallowComments: true })
  return root
}

// By definition, since an assignment to `__proto__` would be none of a member.
function setMember (object: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
}
