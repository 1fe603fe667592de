import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { spanOf, type ByteRange } from '../../../src/domain/byte-range.js'
import type { TarballPlace } from '../../../src/domain/tarball-key.js'
import { listsEntityTag, parseRange } from '../../../src/wire/range-header.js'
import { documentId, refusal } from '../schemas.js'

const TYPES: ReadonlyArray<readonly [extension: string, type: string]> = [
  ['.tar.gz', 'application/gzip'], ['.tar.zst', 'application/zstd'], ['.tar', 'application/x-tar']
]

const schema = {
  tags: ['container'],
  summary: 'An uploaded tarball: its bytes, or a redirect to the store that has them',
  params: { type: 'object', properties: { ulid: { type: 'string' }, file: documentId } },
  response: {
    200: { description: 'The bytes.', type: 'string', contentMediaType: 'application/octet-stream' },
    206: { description: 'The bytes of the range.', type: 'string', contentMediaType: 'application/octet-stream' },
    304: { description: 'It is the one that If-None-Match names.', type: 'null' },
    307: { description: 'The store has it, at the address in Location.', type: 'null' },
    '4xx': refusal,
    '5xx': refusal
  }
}

/**
 * `GET|HEAD container/tarball/<ulid>/<file>`: what workers download where this service is the address of the store.
 * Another name than the stored file's is a 404 at once: osaka first asks for `<url>.osaka.locked.json`.
 */
const tarball: FastifyPluginAsync = async (fastify) => {
  const { tarballs } = fastify

  async function answer ({ method, params, headers, caller }: FastifyRequest, reply: FastifyReply) {
    const place = params as TarballPlace
    const record = await tarballs.find(place, caller)
    const { sha256, size } = record
    const tag = `"${sha256}"`
    if (listsEntityTag(headers['if-none-match'], tag)) return await reply.code(304).header('etag', tag).send()
    const isHead = method === 'HEAD'
    const address = await tarballs.redirect(isHead ? 'HEAD' : 'GET', record)
    if (address !== undefined) return await reply.header('etag', tag).header('cache-control', 'no-store').redirect(address, 307)

    // Only a GET has ranges (RFC 9110, 14.2).
    const range = isHead ? undefined : rangeOf(headers, tag)
    const span = range && spanWithin(range, size, () => { reply.header('content-range', `bytes */${size}`) })
    // Before the headers that describe it: a refusal must not carry them.
    const body = isHead ? await tarballs.check(place, record) : await tarballs.read(place, record, span)
    if (span) reply.code(206).header('content-range', `bytes ${span.first}-${span.last}/${size}`)
    reply.header('etag', tag).header('accept-ranges', 'bytes')
      .header('repr-digest', `sha-256=:${Buffer.from(sha256, 'hex').toString('base64')}:`)
      .type(typeOf(place.file)).header('content-length', span ? span.last - span.first + 1 : size)
    reply.brokenBy = 'STORE_UNAVAILABLE'
    return await reply.send(body)
  }

  const url = '/tarball/:ulid/:file'
  fastify.get(url, { schema: { ...schema, operationId: 'getTarball' }, exposeHeadRoute: false }, answer)
  fastify.head(url, { schema: { ...schema, operationId: 'headTarball' } }, answer)
}

/** `If-Range` with another tag: what the client has is of another file, so it gets the whole (RFC 9110, 13.1.5). */
function rangeOf (headers: Record<string, unknown>, tag: string): ByteRange | undefined {
  const condition = headers['if-range']
  if (condition !== undefined && condition !== tag) return undefined
  return parseRange(headers['range'] as string | undefined)
}

function spanWithin (range: ByteRange, size: number, onRefusal: () => void) {
  try {
    return spanOf(range, size)
  } catch (error) {
    onRefusal()
    throw error
  }
}

function typeOf (file: string): string {
  return TYPES.find(([extension]) => file.endsWith(extension))?.[1] ?? 'application/octet-stream'
}

export default tarball
