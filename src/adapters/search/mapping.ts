import type { IndexKind } from './options.js'

/** What HySDS queries as `name` and as `name.keyword`: the field types that Mozart's templates give every string. */
const TEXT = { type: 'text', norms: false, fields: { keyword: { type: 'keyword', ignore_above: 256 } } }

/** Stored and given back, never looked into. */
const OPAQUE = { type: 'object', enabled: false }

/** Numbers beyond 64 bits are stored and simply not indexed. */
const NUMBERS = ['long', 'double'].map(type => ({
  [`${type}s`]: { match_mapping_type: type, mapping: { type, ignore_malformed: true } }
}))

/**
 * What Leporello asks for when an index is missing. One shard, also where the site's legacy templates say eight. No
 * date detection: a first version `2024-01-01` would make `version` a date and refuse `develop` ever after.
 */
export const INDEX_BODIES: Readonly<Record<IndexKind, object>> = {
  container: indexBody({
    dynamic_templates: [{ strings: { match_mapping_type: 'string', mapping: TEXT } }, ...NUMBERS],
    properties: { id: TEXT, version: TEXT, digest: TEXT, url: TEXT, urls: TEXT, images: OPAQUE, params: OPAQUE }
  }),
  job_spec: indexBody(specMapping('container')),
  hysds_io: indexBody(specMapping('job-specification')),
  sets: indexBody({ dynamic: false, properties: { id: { type: 'keyword' }, open: { type: 'boolean' }, sets: OPAQUE } }),
  meta: indexBody({ dynamic: false }),
  history: indexBody({
    dynamic: false,
    properties: {
      of: { type: 'keyword' },
      created: { type: 'long' },
      index: { type: 'keyword' },
      term: { type: 'long' },
      seq: { type: 'long' },
      part: { type: 'long' },
      at: { type: 'long' }
    }
  })
}

function indexBody (mapping: object): object {
  return { settings: { number_of_shards: 1 }, mappings: { date_detection: false, ...mapping } }
}

/** Specs are arbitrary JSON: what is not mapped cannot disagree with another spec, nor use up the limit of fields. */
function specMapping (reference: string): object {
  return { dynamic: false, properties: { id: TEXT, [reference]: TEXT } }
}
