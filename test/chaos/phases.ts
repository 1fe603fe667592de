/** What a service asks its backends for, in every phase of uploads, merges, publications and sweeps. */
const PHASES = {
  index: {
    'merge: read': /^POST \/containers\/_mget/,
    'merge: write': /^POST \/containers\/_bulk/,
    'publish: read': /^POST \/leporello-sets\/_mget/,
    'publish: write': /^POST \/leporello-sets\/_bulk/,
    'upload: record, sweep: flag': /^POST \/leporello-meta\/_bulk/,
    'sweep: refresh': /^POST \/[\w-]+\/_refresh/,
    'sweep: documents': /^POST \/[\w-]+\/_search/
  },
  store: {
    'upload: begin': /^POST \S+\?uploads/,
    'upload: part': /^PUT \S+[?&]partNumber=/,
    'upload: completion': /^POST \S+[?&]uploadId=/,
    'upload: facts': /^PUT \S+\.facts\.json/,
    'upload: small tarball': /^PUT \S+\/containers\//,
    'upload: abort': /^DELETE \S+[?&]uploadId=/,
    'sweep: deletion': /^DELETE \S+\/containers\//,
    'sweep: objects': /^GET \S+[?&]list-type=2/,
    'sweep: unfinished': /^GET \S+[?&]uploads/,
    'sweep: look': /^HEAD \S+\/containers\//,
    'download: tarball': /^GET \S+\/containers\//
  }
} as const

/** Whom a service talks to. */
export type Side = keyof typeof PHASES

export const ALL_PHASES: ReadonlyArray<{ readonly side: Side, readonly phase: string }> =
  (Object.keys(PHASES) as Side[]).flatMap(side => Object.keys(PHASES[side]).map(phase => ({ side, phase })))

/** The phase that a request's first line tells of; undefined where the bytes are no head of a request, or of none. */
export function phaseOf (side: Side, bytes: Buffer): string | undefined {
  const line = bytes.subarray(0, 2000).toString('latin1').split('\r\n', 1)[0]!
  if (!/ HTTP\/1\.1$/.test(line)) return undefined
  return Object.entries(PHASES[side]).find(([, pattern]) => pattern.test(line))?.[0]
}
