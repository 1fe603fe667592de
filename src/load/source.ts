import type { LeporelloClient } from '../client/index.js'
import { withoutUserinfo } from '../domain/userinfo.js'
import { fileSource } from './file-source.js'
import { httpSource } from './http-source.js'
import { LoadError } from './load-error.js'

/** The bytes of a tarball from one of them on. */
export interface Opened {
  readonly body: AsyncIterable<Uint8Array>
  /** The first byte there is: the one that was asked for, or 0. */
  readonly from: number
  /** Of the whole. */
  readonly size: number | undefined
  /** Other bytes have another; undefined where there is no telling. */
  readonly tag: string | undefined
}

/** Where a tarball lies. */
export interface Source {
  /** Without userinfo, for messages. */
  readonly url: string
  /** The bytes from `from` on, if they still are of what has that tag; otherwise all. */
  open (from: number, tag: string | undefined): Promise<Opened>
  /** What tells these bytes from others under the same url, without reading them; undefined where nothing does. */
  validator (): Promise<string | undefined>
}

/** The source that a registered url names, in the forms that HySDS workers know. */
export async function sourceOf (url: string, client: LeporelloClient): Promise<Source> {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(url)?.[1]?.toLowerCase()
  switch (scheme) {
    case 'http': case 'https': return httpSource(url, client)
    case 's3': case 's3s': return (await import('./s3-source.js')).s3Source(url)
    case 'file': return fileSource(url)
    case undefined: if (url.startsWith('/')) return fileSource(url)
  }
  throw new LoadError(`${withoutUserinfo(url)} cannot be fetched: load knows http, https, s3 and file urls`)
}
