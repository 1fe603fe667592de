import { Agent, request } from 'undici'

const PATIENCE_MS = 5000
const LIVE = /^\{\s*"status":\s*"live"\s*\}\s*$/
const METRICS = /^leporello_build_info\{/m

/** Whatever answers at an address may go on for ever. */
export const LONGEST_ANSWER_MS = 3 * PATIENCE_MS
const LARGEST_ANSWER = 16 * 2 ** 20

/** Whether a Leporello answers at that address. @throws Error when nothing does. */
export async function asksLeporello (url: string, { insecure = false } = {}): Promise<boolean> {
  return await answers(`${url}/health/live`, LIVE, insecure)
}

/** As `asksLeporello`; undefined when nothing answers. */
export async function isLeporello (url: string, options?: { insecure?: boolean }): Promise<boolean | undefined> {
  return await asksLeporello(url, options).catch(() => undefined)
}

/** Whether a Leporello's metrics are at that address. */
export async function hasMetrics (url: string): Promise<boolean> {
  return await answers(`${url}/metrics`, METRICS, false).catch(() => false)
}

async function answers (url: string, expected: RegExp, insecure: boolean): Promise<boolean> {
  const dispatcher = new Agent({
    connect: { rejectUnauthorized: !insecure }, connectTimeout: PATIENCE_MS, headersTimeout: PATIENCE_MS, bodyTimeout: PATIENCE_MS, maxResponseSize: LARGEST_ANSWER
  })
  try {
    const { statusCode, body } = await request(url, { dispatcher, signal: AbortSignal.timeout(LONGEST_ANSWER_MS) })
    const text = await body.text()
    return statusCode === 200 && expected.test(text)
  } finally {
    await dispatcher.destroy()
  }
}
