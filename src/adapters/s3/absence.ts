import { statusOf } from './store-error.js'

const NOT_FOUND = 404

/**
 * The answer, or undefined where there is no such object. That is also what some servers say to a removal when another one
 * was faster (versitygw), which on AWS always succeeds.
 */
export async function unlessAbsent<Answer> (answer: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await answer
  } catch (error) {
    const bucketIsMissing = error instanceof Error && error.name === 'NoSuchBucket'
    if (statusOf(error) === NOT_FOUND && !bucketIsMissing) return undefined
    throw error
  }
}
