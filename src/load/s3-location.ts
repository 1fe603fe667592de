import { LoadError } from './load-error.js'
import { withoutUserinfo } from '../domain/userinfo.js'

export interface S3Location {
  readonly bucket: string
  readonly key: string
  /** Of the endpoint that the url names. */
  readonly region: string | undefined
  readonly credentials: { readonly accessKeyId: string, readonly secretAccessKey: string } | undefined
}

/** `s3.us-west-2.amazonaws.com` and its older and dual-stack spellings; the region is absent from the global one. */
const ENDPOINT = /^s3(?:[.-]dualstack)?(?:[.-]([a-z]{2}(?:-[a-z]+)+-\d))?\.amazonaws\.com(?:\.cn)?$/

/**
 * Takes apart `s3://bucket/key` and `s3://<regional endpoint>/bucket/key`, with or without `KEY:SECRET@`, as HySDS
 * writes them: what is after the first slash is the key, as it stands.
 */
export function s3Location (url: string): S3Location {
  const [, userinfo, host = '', path = ''] = /^s3s?:\/\/(?:([^/]*)@)?([^/@:]+)(?::\d+)?\/([^?#]*)/i.exec(url) ?? []
  const endpoint = ENDPOINT.exec(host.toLowerCase())
  const [bucket = '', ...rest] = endpoint === null ? [host.toLowerCase(), path] : path.split('/')
  const key = rest.join('/')
  if (bucket === '' || key === '') throw new LoadError(`${withoutUserinfo(url)} names no object: it must be s3://bucket/key`)
  return { bucket, key, region: endpoint?.[1], credentials: userinfo === undefined ? undefined : credentialsOf(userinfo) }
}

function credentialsOf (userinfo: string): S3Location['credentials'] {
  const [accessKeyId = '', ...secret] = userinfo.split(':')
  return { accessKeyId: decoded(accessKeyId), secretAccessKey: decoded(secret.join(':')) }
}

/** As it stands where it is no percent-encoding. */
function decoded (text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
