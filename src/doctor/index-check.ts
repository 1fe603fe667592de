import { performance } from 'node:perf_hooks'
import { ulid } from 'ulid'
import { Deadline } from '../deadline.js'
import { ABSENT, DOCUMENT_KINDS, type DocumentIndex, type DocumentKind, type Version } from '../ports/document-index.js'
import { Findings, type Finding } from './finding.js'
import { firstOf } from './first-page.js'

/** Slower than that by the median is felt by every request. */
const SLOW_MS = 100
const ROUND_TRIPS = 5

/** The kinds a site has had before Leporello; the others it makes itself. */
const MOZARTS: readonly DocumentKind[] = ['container', 'job_spec', 'hysds_io']

/** The id of no document: that it is not there is known only to who may read it. */
const NOBODY = 'leporello doctor'

/** Whether the index answers, can be listed, and takes writes. Leaves nothing behind. */
export async function checkIndex (index: DocumentIndex, timeoutMs: number): Promise<readonly Finding[]> {
  const findings = new Findings('index')
  const { kind, version = '', state, reason = '' } = await index.health(Deadline.in(timeoutMs))
  const name = `${kind} ${version}`.trim()
  if (state === 'down') {
    findings.wrong(`${name} cannot serve: ${reason}`,
      kind === 'embedded' ? 'mend the folder LEPORELLO_DATA_DIR names' : 'look at LEPORELLO_INDEX_URL, the network and the engine itself')
    return findings.all
  }
  await checkSpeed(findings, index, name, timeoutMs)
  for (const each of DOCUMENT_KINDS) await checkKind(findings, index, each, timeoutMs)
  await checkHistory(findings, index, timeoutMs)
  await checkWrites(findings, index, timeoutMs)
  return findings.all
}

async function checkSpeed (findings: Findings, index: DocumentIndex, name: string, timeoutMs: number): Promise<void> {
  const times: number[] = []
  for (let round = 0; round < ROUND_TRIPS; round++) {
    const began = performance.now()
    await index.health(Deadline.in(timeoutMs))
    times.push(performance.now() - began)
  }
  const median = times.sort((one, other) => one - other)[Math.floor(ROUND_TRIPS / 2)]!
  const message = `${name} answers in ${median.toFixed(1)} ms`
  if (median < SLOW_MS) findings.ok(message)
  else findings.warning(message, 'run the service nearer to the engine, or look at what the engine is busy with')
}

async function checkKind (findings: Findings, index: DocumentIndex, kind: DocumentKind, timeoutMs: number): Promise<void> {
  try {
    if (!await index.exists(kind, Deadline.in(timeoutMs))) {
      if (MOZARTS.includes(kind)) {
        findings.warning(`there is no index of the kind ${kind} yet; the first write makes it`,
          'if the site has one already, name it in the LEPORELLO_INDEX_* variables')
      }
      return
    }
    await firstOf(index.ids(kind, { pageSize: 1, deadline: Deadline.in(timeoutMs) }))
    await index.get(kind, NOBODY, Deadline.in(timeoutMs))
  } catch (error) {
    findings.wrong(`the documents of the kind ${kind} cannot be read: ${(error as Error).message}`,
      'open the index, let the name stand for one index only, or give the user the privileges that docs/engines.md lists')
  }
}

/** It has an index of its own, without which nothing else stops. */
async function checkHistory (findings: Findings, { changes }: DocumentIndex, timeoutMs: number): Promise<void> {
  try {
    await changes.page('container', 'any', { limit: 1 }, Deadline.in(timeoutMs))
    await changes.checkWrites(Deadline.in(timeoutMs))
  } catch (error) {
    findings.wrong(`who changed what cannot be kept or told: ${(error as Error).message}`,
      'mend the index that LEPORELLO_INDEX_HISTORY names, or give the user the privileges that docs/engines.md lists')
  }
}

/** A document of our own is written and removed; of the others one that is not there is removed, which shows who may. */
async function checkWrites (findings: Findings, index: DocumentIndex, timeoutMs: number): Promise<void> {
  const id = `doctor:${ulid()}`
  try {
    const put = await index.put('meta', id, '{}', ABSENT, Deadline.in(timeoutMs))
    try {
      if (put.outcome !== 'written') throw new Error('the answer to a write never came')
      await checkRefusals(findings, index, { id, version: put.version, timeoutMs })
    } finally {
      await removeProbe(findings, index, id, timeoutMs)
    }
  } catch (error) {
    findings.wrong(`the index cannot be written to: ${(error as Error).message}`, 'until then every registration is answered 503')
  }
  if (findings.all.every(({ state }) => state !== 'wrong')) findings.ok('all its indices can be listed and written to')
}

/** Also where it is not known whether it was written. */
async function removeProbe (findings: Findings, index: DocumentIndex, id: string, timeoutMs: number): Promise<void> {
  try {
    const probe = await index.get('meta', id, Deadline.in(timeoutMs))
    if (probe === undefined) return
    const { outcome } = await index.remove('meta', id, probe.version, Deadline.in(timeoutMs))
    if (outcome !== 'written') throw new Error('the answer to its removal never came')
  } catch (error) {
    findings.wrong(`the document ${id} of the kind meta may be left: ${(error as Error).message}`, 'remove it; it means nothing to the service')
  }
}

async function checkRefusals (
  findings: Findings, index: DocumentIndex, { id, version, timeoutMs }: { id: string, version: Version, timeoutMs: number }
): Promise<void> {
  for (const kind of DOCUMENT_KINDS) {
    if (kind === 'meta') continue
    try {
      if (await index.exists(kind, Deadline.in(timeoutMs))) await index.remove(kind, id, version, Deadline.in(timeoutMs))
    } catch (error) {
      findings.wrong(`documents of the kind ${kind} cannot be written: ${(error as Error).message}`,
        'lift the block on that index, or give the user the privileges that docs/engines.md lists')
    }
  }
}
