export interface Credentials {
  readonly username: string
  readonly password: string
}

/**
 * The credentials a netrc file has for a host: those of its `machine`, else those of `default`, which is how HySDS
 * keeps its engine's in `~/.netrc-os` (`default login U password P`). Undefined when there are none.
 */
export function credentialsFor (host: string, netrc: string): Credentials | undefined {
  const tokens = Array.from(netrc.replace(/^[ \t]*#.*$/gm, '').matchAll(/"((?:[^"\\]|\\.)*)"|\S+/g),
    ([token, quoted]) => quoted === undefined ? token : quoted.replace(/\\(.)/g, '$1'))
  const entries = new Map<string, { login?: string, password?: string }>()
  let entry: { login?: string, password?: string } = {}
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at]
    if (token === 'machine') entries.set((tokens[++at] ?? '').toLowerCase(), entry = {})
    else if (token === 'default') entries.set('', entry = {})
    else if (token === 'account') at++
    else if (token === 'login' || token === 'password') entry[token] = tokens[++at] ?? ''
  }
  const { login, password } = entries.get(host.toLowerCase()) ?? entries.get('') ?? {}
  return login === undefined || password === undefined ? undefined : { username: login, password }
}
