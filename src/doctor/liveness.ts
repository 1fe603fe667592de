import { Agent, request } from 'undici'

const PATIENCE_MS = 5000
const LIVE = /^\{\s*"status":\s*"live"\s*\}\s*$/

/** Whether a Leporello answers at that address. @throws Error when nothing does. */
export async function asksLeporello (url: string, { insecure = false } = {}): Promise<boolean> {
  const dispatcher = new Agent({ connect: { rejectUnauthorized: !insecure }, headersTimeout: PATIENCE_MS, bodyTimeout: PATIENCE_MS, connectTimeout: PATIENCE_MS })
  try {
    const { statusCode, body } = await request(`${url}/health/live`, { dispatcher })
    const text = await body.text()
    return statusCode === 200 && LIVE.test(text)
  } finally {
    await dispatcher.close()
  }
}

/** As `asksLeporello`; undefined when nothing answers. */
export async function isLeporello (url: string, options?: { insecure?: boolean }): Promise<boolean | undefined> {
  return await asksLeporello(url, options).catch(() => undefined)
}
