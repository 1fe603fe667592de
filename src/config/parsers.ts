import { fileURLToPath } from 'node:url'
import { compile } from '@fastify/proxy-addr'

// Each parses the text of a variable, or throws an Error whose message completes "NAME must be ...".

export function nonEmpty (text: string): string {
  if (text.trim() === '') throw new Error('more than white space')
  return text
}

export function integer (least: number, most: number) {
  return (text: string): number => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN
    if (!(value >= least && value <= most)) throw new Error(`a whole number from ${least} to ${most}`)
    return value
  }
}

export function oneOf<T extends string> (accepted: readonly T[]) {
  return (text: string): T => {
    const found = accepted.find(value => value === text)
    if (found === undefined) throw new Error(`one of ${accepted.join(', ')}`)
    return found
  }
}

export function proxies (text: string): readonly string[] | false {
  if (text === 'none') return false
  const list = text.split(',').map(item => item.trim())
  try {
    compile(list)
  } catch {
    throw new Error('none, or a comma-separated list of addresses, CIDR blocks, loopback, linklocal, uniquelocal')
  }
  return list
}

export function flag (text: string): boolean {
  return oneOf(['0', '1'])(text) === '1'
}

export function urls (text: string): readonly string[] {
  return text.split(',').map(item => {
    const url = URL.canParse(item.trim()) ? new URL(item.trim()) : undefined
    if (url === undefined || !/^https?:$/.test(url.protocol)) {
      throw new Error('one or more http:// or https:// addresses separated by commas')
    }
    return url.href
  })
}

/** One index or alias: no list, no pattern. */
export function indexName (text: string): string {
  if (!/^[a-z0-9][a-z0-9_.-]*$/.test(text)) throw new Error('the name of one index: lower-case letters, digits and "_.-"')
  return text
}

export function indexNames (text: string): readonly string[] {
  return text.split(',').map(name => indexName(name.trim()))
}

export function origins (text: string): readonly string[] {
  return text.split(',').map(item => {
    const url = URL.canParse(item.trim()) ? new URL(item.trim()) : undefined
    if (url === undefined || !/^https?:$/.test(url.protocol) || url.href !== `${url.origin}/`) {
      throw new Error('one or more origins, http(s)://host[:port], separated by commas')
    }
    return url.origin
  })
}

/** Without a slash at its end. */
export function address (text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '' || url.username !== '' || url.password !== '') {
    throw new Error('an http:// or https:// address without user, query and fragment')
  }
  return url.href.replace(/(?<!\/)\/+$/, '')
}

export function storeUrl (text: string): { readonly kind: 'folder', readonly root: string } |
  { readonly kind: 's3', readonly bucket: string, readonly prefix: string } {
  const [, bucket, path = ''] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/([A-Za-z0-9._/-]*))?$/.exec(text) ?? []
  const prefix = path.replace(/^\/+|(?<!\/)\/+$/g, '')
  if (bucket !== undefined && !prefix.split('/').some(part => /^\.{1,2}$/.test(part))) {
    return { kind: 's3', bucket, prefix: prefix === '' ? '' : `${prefix}/` }
  }
  if (/^file:\/\/\/./.test(text)) return { kind: 'folder', root: fileURLToPath(text) }
  throw new Error('file:///absolute/folder or s3://bucket[/prefix], the prefix of letters, digits and "._/-"')
}
