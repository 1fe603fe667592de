import { LeporelloError } from '../../errors.js'

const RETRY_AFTER_SECONDS = 5

/** AWS never says it is full; compatible servers do. */
const FULL = new Set(['QuotaExceeded', 'XMinioStorageFull', 'InsufficientStorage'])

/** Answers in the 400s by which a server asks for the request to be sent again. */
const BUSY = new Set([408, 409, 412, 425, 429])

const PERMISSIONS = 's3:ListBucket and s3:ListBucketMultipartUploads on the bucket, and s3:GetObject, s3:PutObject, ' +
  's3:DeleteObject and s3:AbortMultipartUpload on its objects'

const CREDENTIALS = 'correct the AWS credentials of this service'
const REGION = 'set the bucket\'s region in AWS_REGION'

/** What an operator can do, by the refusal's code (docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html). */
const REMEDIES: Readonly<Record<string, string>> = {
  AccessDenied: `allow this service ${PERMISSIONS}`,
  NoSuchBucket: 'create the bucket, or correct LEPORELLO_STORE',
  InvalidAccessKeyId: CREDENTIALS,
  SignatureDoesNotMatch: CREDENTIALS,
  XAdminUserNotFound: CREDENTIALS,
  ExpiredToken: CREDENTIALS,
  InvalidToken: CREDENTIALS,
  CredentialsProviderError: 'give this service AWS credentials',
  RequestTimeTooSkewed: 'set the clock of this machine',
  PermanentRedirect: REGION,
  AuthorizationHeaderMalformed: REGION,
  RegionMissing: REGION
}

/** Says an error of the SDK in the port's words; what is none of its errors passes unchanged. */
export function storeError (error: unknown, store: string): unknown {
  if (!(error instanceof Error) || error instanceof LeporelloError || error instanceof TypeError) return error
  const name = nameOf(error)
  const status = statusOf(error)
  const said = `${name}${status === undefined ? '' : `, status ${status}`}: ${error.message}`
  if (FULL.has(name) || status === 507) {
    return new LeporelloError('STORE_FULL', `The store ${store} has no room left (${said}).`, { cause: error })
  }
  if (Object.hasOwn(REMEDIES, name) || (status !== undefined && status >= 300 && status < 500 && !BUSY.has(status))) {
    const remedy = REMEDIES[name] ?? (status === 403 ? REMEDIES['AccessDenied'] : 'see what the server says')
    return new LeporelloError('STORE_REFUSED', `The store ${store} refuses to serve (${said}); ${remedy}.`,
      { cause: error, retryAfterSeconds: RETRY_AFTER_SECONDS })
  }
  return new LeporelloError('STORE_UNAVAILABLE', `The store ${store} does not answer (${said}).`,
    { cause: error, retryAfterSeconds: RETRY_AFTER_SECONDS })
}

/** The status of the answer, if there was one. */
export function statusOf (error: unknown): number | undefined {
  if (!(error instanceof Error) || !('$metadata' in error)) return undefined
  return (error.$metadata as { readonly httpStatusCode?: number }).httpStatusCode
}

function nameOf (error: Error): string {
  if (error.message === 'Region is missing') return 'RegionMissing'
  const { code } = error as NodeJS.ErrnoException
  return error.name === 'Error' && code !== undefined ? code : error.name
}
