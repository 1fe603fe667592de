const LONGEST_NAME = 255
const DOMAIN = /^[a-zA-Z0-9]+(?:(?:\.|-+)[a-zA-Z0-9]+)*(?::[0-9]+)?$/
const COMPONENT = /^[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*$/
const TAG = /^\w[\w.-]{0,127}$/
const HUB = 'docker.io/'
const OFFICIAL = 'library/'

/**
 * Whether programs take a text for a repo tag, `[domain/]path:tag`; they load no archive that has another. Newer ones
 * also take an address of IPv6 and a word in capitals for a domain, which older ones do not.
 */
export function isRepoTag (text: string): boolean {
  const colon = text.lastIndexOf(':')
  const name = text.slice(0, colon)
  if (colon < 0 || !TAG.test(text.slice(colon + 1)) || wholeName(name).length > LONGEST_NAME) return false
  const [first = '', ...rest] = name.split('/')
  if (!isDomain(first, rest)) return [first, ...rest].every(component => COMPONENT.test(component))
  return DOMAIN.test(first) && rest.every(component => COMPONENT.test(component))
}

/** Whether podman takes a text for a name, with or without tag and digest. */
export function isReference (text: string): boolean {
  const name = text.replace(/@sha256:[0-9a-f]{64}$/, '')
  return isRepoTag(name) || isRepoTag(`${name}:latest`)
}

/** A name without what docker leaves out of it, as it lists its images. */
export function familiarName (name: string): string {
  const path = name.replace(/^(?:index\.)?docker\.io\//, '')
  return path === name ? name : path.replace(/^library\/(?=[^/]+$)/, '')
}

function wholeName (name: string): string {
  const [first = '', ...rest] = name.split('/')
  if (isDomain(first, rest) && !/^(?:index\.)?docker\.io$/.test(first)) return name
  const path = familiarName(name)
  return HUB + (path.includes('/') ? '' : OFFICIAL) + path
}

function isDomain (first: string, rest: readonly string[]): boolean {
  return rest.length > 0 && (first === 'localhost' || /[.:]/.test(first))
}
