import { Failure, reasonOf } from './failure.js'

const CREDENTIALS = 'give AWS credentials that are valid (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or a role of this machine); ' +
  'with a Leporello, --via-service needs none'

/** What can be done, by the code of the refusal. */
const REMEDIES: Readonly<Record<string, string>> = {
  AccessDenied: 'allow these credentials s3:ListBucket on the bucket, and s3:GetObject, s3:PutObject, s3:DeleteObject and ' +
    's3:AbortMultipartUpload on its objects',
  CredentialsProviderError: CREDENTIALS,
  InvalidAccessKeyId: CREDENTIALS,
  SignatureDoesNotMatch: CREDENTIALS,
  XAdminUserNotFound: CREDENTIALS,
  ExpiredToken: CREDENTIALS,
  InvalidToken: CREDENTIALS,
  RequestTimeTooSkewed: 'set the clock of this machine',
  AuthorizationHeaderMalformed: 'set the bucket\'s region in AWS_DEFAULT_REGION',
  PermanentRedirect: 'set the bucket\'s region in AWS_DEFAULT_REGION'
}

/** The sentence for a failure of the SDK: what failed, what the server says, and what can be done. */
export function s3Failure (error: unknown, what: string, bucket: string): Failure {
  const { name, code } = error as NodeJS.ErrnoException
  const status = statusOf(error)
  const said = [name === 'Error' ? code : name, status === undefined ? undefined : `status ${status}`].filter(Boolean).join(', ')
  const remedy = name === 'NoSuchBucket'
    ? `make the bucket ${bucket}, or correct repo`
    : REMEDIES[name] ?? (status === 403 ? REMEDIES['AccessDenied'] : 'when the store is well again, run the same command again')
  return new Failure(`${what} (${said}: ${reasonOf(error)}); ${remedy}`, error)
}

/** The status of the answer, if there was one. */
export function statusOf (error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode
}
