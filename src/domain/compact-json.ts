import { visit } from 'jsonc-parser'

/** What is open while a value is printed: an object's members so far, or a list's items. */
interface Open {
  key: string
  readonly members?: Map<string, string>
  readonly items?: string[]
}

/**
 * Valid JSON on one line without white space. Numbers keep their digits and keys their order; of a repeated key the
 * last value stands where the first stood, as in Python; strings are escaped as `JSON.stringify` does.
 *
 * @throws RangeError when it is nested too deeply for the stack.
 */
export function compactJson (text: string): string {
  return printed(text, members => members)
}

/**
 * The same with the keys of every object sorted.
 *
 * @throws RangeError as well.
 */
export function sortedJson (text: string): string {
  return printed(text, members => new Map([...members].sort(([a], [b]) => a < b ? -1 : 1)))
}

function printed (text: string, ordered: (members: Map<string, string>) => Map<string, string>): string {
  const root: Open = { key: '', items: [] }
  const open = [root]
  const add = (json: string) => {
    const { key, members, items } = open.at(-1) ?? root
    members?.set(key, json)
    items?.push(json)
  }
  const close = () => { add(print(open.pop() ?? root, ordered)) }
  visit(text, {
    onObjectBegin: () => { open.push({ key: '', members: new Map() }) },
    onArrayBegin: () => { open.push({ key: '', items: [] }) },
    onObjectEnd: close,
    onArrayEnd: close,
    onObjectProperty: property => { (open.at(-1) ?? root).key = property },
    onLiteralValue: (value, offset, length) => {
      add(typeof value === 'string' ? JSON.stringify(value) : text.slice(offset, offset + length))
    }
  }, { disallowComments: true })
  return root.items?.[0] ?? ''
}

/** By concatenation, which copies nothing: what is deep down would be copied once for every level. */
function print ({ members, items = [] }: Open, ordered: (members: Map<string, string>) => Map<string, string>): string {
  let json = ''
  for (const item of items) json += json === '' ? item : `,${item}`
  if (members === undefined) return `[${json}]`
  for (const [key, value] of ordered(members)) json += `${json === '' ? '' : ','}${JSON.stringify(key)}:${value}`
  return `{${json}}`
}
