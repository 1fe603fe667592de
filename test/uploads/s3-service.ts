import type { Test } from 'tap'
import { temporaryFolder } from '../app.js'
import type { S3Server } from '../engines/s3-server.js'
import { startService, type Service } from '../service.js'

export type Environment = Record<string, string>

/** What makes a service keep its tarballs in the bucket. */
export function s3Environment ({ endpoint, credentials }: S3Server, bucket: string): Environment {
  return {
    LEPORELLO_STORE: `s3://${bucket}`,
    LEPORELLO_S3_ENDPOINT: endpoint,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey
  }
}

/** A service of its own process over an embedded catalogue and a bucket, both new. */
export async function s3Service (
  t: Test, server: S3Server, more: Environment = {}
): Promise<{ service: Service, env: Environment & { LEPORELLO_DATA_DIR: string }, bucket: string }> {
  const bucket = await server.bucket()
  const env = { LEPORELLO_DATA_DIR: await temporaryFolder(t), ...s3Environment(server, bucket), ...more }
  return { service: await startService(t, env), env, bucket }
}
