import { Agent, request } from 'undici'
import type { Config } from '../config.js'
import { Findings, type Finding } from './finding.js'
import { isLeporello, LONGEST_ANSWER_MS } from './liveness.js'

/** A route of Mozart's that is none of ours. */
const PATH = '/api/v0.1/swagger.json'
const PATIENCE_MS = 5000

/** Whether the Mozart behind the service answers, and is one. */
export async function checkMozart ({ mozart }: Config): Promise<readonly Finding[]> {
  if (mozart === undefined) return []
  const findings = new Findings('mozart')
  const { url, insecure } = mozart
  if (await isLeporello(url, { insecure }) === true) {
    findings.wrong(`what answers at ${url} is a Leporello: requests would go round in circles`, 'set LEPORELLO_MOZART_URL to the old Mozart\'s own address')
    return findings.all
  }
  const dispatcher = new Agent({ connect: { rejectUnauthorized: !insecure }, headersTimeout: PATIENCE_MS, connectTimeout: PATIENCE_MS })
  try {
    const { statusCode, body } = await request(url.replace(/\/$/, '') + PATH, { dispatcher, signal: AbortSignal.timeout(LONGEST_ANSWER_MS) })
    await body.dump()
    if (statusCode === 200) findings.ok(`Mozart answers at ${url}`)
    else findings.warning(`${url}${PATH} answers ${statusCode}, and Mozart's API description is a 200`, 'look whether LEPORELLO_MOZART_URL ends before /api')
  } catch (error) {
    findings.wrong(`Mozart does not answer at ${url}: ${(error as Error).message}`, 'what is no route of Leporello\'s is answered 502 until it does')
  } finally {
    await dispatcher.destroy()
  }
  return findings.all
}
