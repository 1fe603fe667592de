import { Readable } from 'node:stream'
import { ulid } from 'ulid'
import { request } from 'undici'
import { UploadRecords } from '../catalogue/upload-records.js'
import type { Config } from '../config.js'
import { Deadline } from '../deadline.js'
import type { DocumentIndex } from '../ports/document-index.js'
import type { ImageStore } from '../ports/image-store.js'
import { Findings, type Finding } from './finding.js'
import { firstOf } from './first-page.js'
import { LONGEST_ANSWER_MS } from './liveness.js'

const BYTES = Buffer.from('written by leporello doctor, and removed again\n')
const LIFE_SECONDS = 60

export interface StoreCheckOptions {
  readonly images: ImageStore
  /** Absent: it cannot be asked whose tarballs the store holds. */
  readonly index: DocumentIndex | undefined
  readonly config: Config
}

/** Whether the store takes, gives, lists and removes objects, and whose it is. Leaves nothing behind. */
export async function checkStore ({ images, index, config }: StoreCheckOptions): Promise<readonly Finding[]> {
  const findings = new Findings('store')
  const { indexTimeoutMs: timeoutMs } = config
  const { kind, state, reason = '' } = await images.health(Deadline.in(timeoutMs))
  if (state === 'down') {
    findings.wrong(`the ${kind === 's3' ? 'S3 store' : 'folder for tarballs'} cannot serve: ${reason}`,
      'until then uploads and downloads are answered 503, and registrations go on')
    return findings.all
  }
  await checkObject(findings, images)
  await checkLists(findings, images)
  if (index !== undefined) await checkOwner(findings, { images, index, requestTimeoutMs: timeoutMs })
  if (findings.all.length === 0) findings.ok('objects can be written, read, listed and removed')
  return findings.all
}

async function checkObject (findings: Findings, images: ImageStore): Promise<void> {
  const key = `doctor/${ulid()}`
  try {
    await images.put(key, Readable.from([BYTES]))
    const object = await images.get(key)
    const read = object && Buffer.concat(await object.body.toArray() as Buffer[])
    if (read === undefined || !read.equals(BYTES)) throw new Error('what was written is not what is read')
    await checkPresigned(findings, images, key)
    await images.remove(key)
  } catch (error) {
    // One whose answer was lost may be there all the same.
    await images.remove(key).catch(() => {})
    findings.wrong(`an object cannot be written, read and removed: ${(error as Error).message}`,
      'give the credentials s3:PutObject, s3:GetObject, s3:DeleteObject and s3:AbortMultipartUpload, or the folder to this user')
  }
}

/** Workers are sent there with a download. */
async function checkPresigned (findings: Findings, images: ImageStore, key: string): Promise<void> {
  const url = await images.presign('GET', key, LIFE_SECONDS)
  if (url === undefined) return
  const { host } = new URL(url)
  try {
    const { statusCode, body } = await request(url, { signal: AbortSignal.timeout(LONGEST_ANSWER_MS) })
    await body.dump()
    if (statusCode !== 200) throw new Error(`it answers ${statusCode}`)
  } catch (error) {
    findings.wrong(`downloads are redirected to ${host}, where they fail: ${(error as Error).message}`,
      'mend LEPORELLO_S3_PUBLIC_ENDPOINT, or unset it to let downloads go through this service')
  }
}

async function checkLists (findings: Findings, images: ImageStore): Promise<void> {
  try {
    await firstOf(images.list(''))
    await firstOf(images.unfinished(new Date(0)))
  } catch (error) {
    findings.wrong(`its objects and unfinished uploads cannot be listed, so nothing can be swept: ${(error as Error).message}`,
      'give the credentials s3:ListBucket and s3:ListBucketMultipartUploads')
  }
}

async function checkOwner (findings: Findings, means: ConstructorParameters<typeof UploadRecords>[0]): Promise<void> {
  const records = new UploadRecords(means)
  try {
    const [owner, mark] = await Promise.all([records.knownOwner(), records.markOfPlace()])
    if (mark === undefined || mark === owner) return
    findings.wrong(`the store's place belongs to another catalogue (${mark}${owner === undefined ? '' : `, and this one is ${owner}`}): uploads are refused`,
      'give this catalogue a folder or prefix of its own in LEPORELLO_STORE, or import that one before the first upload')
  } catch (error) {
    findings.wrong(`it cannot be told whose tarballs are there, so uploads are refused: ${(error as Error).message}`,
      'mend the document "catalogue" of the kind meta, or the object .leporello of the store')
  }
}
