const LONGEST = 512
const DOMAIN = /^(?:[a-zA-Z0-9.-]+|\[[0-9a-fA-F:]+\])(?::[0-9]+)?$/
const COMPONENT = /^[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*$/
const TAG = /^\w[\w.-]{0,127}$/

/** Whether programs take a text for a repo tag, `[domain/]path:tag`; they load no archive that has another. */
export function isRepoTag (text: string): boolean {
  const colon = text.lastIndexOf(':')
  if (text.length > LONGEST || colon < 0 || !TAG.test(text.slice(colon + 1))) return false
  const [first = '', ...rest] = text.slice(0, colon).split('/')
  const isDomain = rest.length > 0 && (first === 'localhost' || /[.:A-Z]/.test(first))
  return (isDomain ? DOMAIN : COMPONENT).test(first) && rest.every(component => COMPONENT.test(component))
}
