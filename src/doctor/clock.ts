import type { ImageStore } from '../ports/image-store.js'
import { Findings, type Finding } from './finding.js'

const NOTICEABLE_MS = 60_000
/** Some stores tell the time to the second. */
const RESOLUTION_MS = 2000

/** Whether this clock and the store's agree: how old a tarball is, and when a presigned url ends, hangs on both. */
export async function checkClock (images: ImageStore, graceMs: number): Promise<readonly Finding[]> {
  const findings = new Findings('clock')
  const began = Date.now()
  const store = (await images.now()).getTime()
  const off = Math.max(0, began - store - RESOLUTION_MS, store - Date.now() - RESOLUTION_MS)
  const seconds = Math.round(off / 1000)
  const mend = 'let NTP set the clock of this machine and of the store'
  if (off > graceMs / 8) findings.wrong(`this clock and the store's differ by ${seconds} s, so nothing is swept, and signatures may be refused`, mend)
  else if (off > NOTICEABLE_MS) findings.warning(`this clock and the store's differ by ${seconds} s`, mend)
  else findings.ok('this clock and the store\'s agree')
  return findings.all
}
