import { openImageStore, openIndex } from '../backends.js'
import type { Config } from '../config.js'
import type { DocumentIndex } from '../ports/document-index.js'
import { attempted } from './attempted.js'
import { checkClock } from './clock.js'
import { Findings, type Finding } from './finding.js'
import { checkFolder } from './folder-check.js'
import { checkIndex } from './index-check.js'
import { checkStore } from './store-check.js'

/** Whether the index and the store can be used, each whether or not the other can. */
export async function * checkBackends (config: Config): AsyncGenerator<Finding> {
  const folder = config.index.kind === 'embedded' ? config.index.folder : undefined
  const index = yield * opened('index', 'the folder of the catalogue', folder, () => openIndex(config))
  try {
    const found = index === undefined ? [] : await attempted('index', () => checkIndex(index, config.indexTimeoutMs))
    yield * found
    yield * checkImages(config, isWell(found) ? index : undefined)
  } finally {
    await closed(index)
  }
}

async function * checkImages (config: Config, index: DocumentIndex | undefined): AsyncGenerator<Finding> {
  const { store: { place, publicUrl }, sweep: { graceMs } } = config
  const folder = place.kind === 'folder' ? place.root : undefined
  const images = yield * opened('store', 'the folder for tarballs', folder, () => openImageStore(config, () => publicUrl))
  if (images === undefined) return
  try {
    const found = await attempted('store', () => checkStore({ images, index, config }))
    yield * found
    if (isWell(found)) yield * await attempted('clock', () => checkClock(images, graceMs))
  } finally {
    await closed(images)
  }
}

/** Undefined, and why is told, where it cannot be opened, or its folder is not the doctor's to write to. */
async function * opened<Backend> (
  check: string, what: string, folder: string | undefined, open: () => Promise<Backend>
): AsyncGenerator<Finding, Backend | undefined> {
  const obstacles = folder === undefined ? [] : await checkFolder(check, what, folder)
  yield * obstacles
  if (obstacles.length > 0) return undefined
  try {
    return await open()
  } catch (error) {
    const findings = new Findings(check)
    findings.wrong((error as Error).message, 'the service does not start with it')
    yield * findings.all
    return undefined
  }
}

function isWell (findings: readonly Finding[]): boolean {
  return findings.every(({ state }) => state !== 'wrong')
}

/** Whatever is wrong with it has been told by then. */
async function closed (backend: { close: () => Promise<void> } | undefined): Promise<void> {
  await backend?.close().catch(() => {})
}
