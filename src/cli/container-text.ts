import type { ContainerDocument as Document, PendingSet, Registered } from '../client/answers.js'
import { ContainerDocument } from '../domain/container-document.js'
import { readableSize } from '../domain/readable-size.js'
import { printFields, printJson, printTable } from './output.js'

const SHOWN_DIGITS = 19

/** A registration for a person: what it says, and a line for each of its images. */
export function printContainer (json: Document): void {
  const document = ContainerDocument.parse(JSON.stringify(json))
  const { id, version, build, updated_at: at, updated_by: by } = json
  printFields([['id', id], ['version', version], ['build', build], ['updated', at && `${at} by ${by}`]])
  const { urls, records } = document
  if (urls.architectures.length === 0) return
  process.stdout.write('\n')
  printTable(['ARCHITECTURE', 'VERSION', 'SIZE', 'IMAGE', 'URL'], urls.architectures.map(architecture => {
    const record = records.get(architecture)
    const size = record?.size === undefined ? '-' : readableSize(record.size)
    return [architecture, document.versionOf(architecture) ?? '-', size, shortened(record?.image_id), urls.get(architecture) ?? '-']
  }))
}

/** What became of images that were sent. */
export function printRegistered (registered: Registered, { json }: { readonly json: boolean }): void {
  for (const { message } of registered.warnings) process.stderr.write(`leporello: warning: ${message}\n`)
  if (json) printJson(registered)
  else if (registered.state === 'waiting') printPending([registered.pending])
  else printContainer(registered.document)
  if (!json) process.stderr.write(`leporello: ${registered.message}\n`)
}

export function printPending (sets: readonly PendingSet[]): void {
  if (sets.length === 0) return
  printTable(['ID', 'BUILD', 'VERSION', 'HAS', 'WAITS FOR', 'SINCE'], sets.map(({ id, build, version, images, missing, since }) => (
    [id, build ?? '-', version, images.map(({ architecture }) => architecture).join(','), missing.join(','), since])))
}

/** Enough of an image id to tell it from others. */
export function shortened (imageId: string | null | undefined): string {
  return imageId?.slice(0, SHOWN_DIGITS) ?? '-'
}
