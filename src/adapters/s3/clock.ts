import { HeadBucketCommand, type S3Client } from '@aws-sdk/client-s3'

/** The server's time, from the `Date` of an answer; a refusal has one, too. */
export async function clockOf (client: S3Client, bucket: string): Promise<Date> {
  let date: string | undefined
  const command = new HeadBucketCommand({ Bucket: bucket })
  command.middlewareStack.add(next => async args => {
    const result = await next(args)
    date = (result.response as { headers?: Record<string, string> }).headers?.['date']
    return result
  }, { step: 'deserialize', priority: 'low' })
  await client.send(command).catch(error => { if (date === undefined) throw error })
  if (date === undefined) throw new Error('the answer carries no Date')
  return new Date(date)
}
