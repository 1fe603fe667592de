import { bucketUrl, endpointUrl, serviceUrl, type UrlStyle } from '../../domain/tarball-url.js'

export interface LocationOptions {
  /** By default `s3`, and `service` with a custom endpoint, since osaka looks for `s3://` at AWS. */
  readonly urlStyle?: UrlStyle | undefined
  /** This service's own address, for the style `service`; undefined while it has none. */
  readonly publicUrl?: () => string | undefined
}

interface Bucket {
  readonly bucket: string
  readonly prefix: string
  readonly region: string | undefined
  readonly endpoint: string | undefined
}

/** Writes the url of a key. Throws a sentence for the operator when osaka could not fetch what it would write. */
export function locator ({ urlStyle, publicUrl = () => undefined }: LocationOptions, bucket: Bucket): (key: string) => string {
  const style = urlStyle ?? (bucket.endpoint === undefined ? 's3' : 'service')
  const locate = LOCATE[style](bucket, publicUrl)
  // The bucket and the region are as wrong for one key as for any other.
  if (style !== 'service') locate('containers/any')
  return locate
}

const LOCATE: Record<UrlStyle, (bucket: Bucket, publicUrl: () => string | undefined) => (key: string) => string> = {
  s3: bucket => key => bucketUrl(onAws(bucket, 's3').bucket, bucket.prefix + key),
  endpoint: bucket => key => {
    const { region } = onAws(bucket, 'endpoint')
    if (region === undefined) throw new TypeError('LEPORELLO_URL_STYLE=endpoint needs a region: set AWS_REGION')
    return endpointUrl(region, bucket.bucket, bucket.prefix + key)
  },
  service: (_, publicUrl) => key => serviceUrl(publicUrl(), key)
}

function onAws (bucket: Bucket, style: UrlStyle): Bucket {
  if (bucket.endpoint === undefined) return bucket
  throw new TypeError(`LEPORELLO_URL_STYLE=${style}: osaka would look for the bucket at AWS, ` +
    `not at ${bucket.endpoint}; use service`)
}
