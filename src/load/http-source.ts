import { ApiError, type LeporelloClient } from '../client/index.js'
import { withoutUserinfo } from '../domain/userinfo.js'
import { LoadError } from './load-error.js'
import type { Source } from './source.js'

export function httpSource (url: string, client: LeporelloClient): Source {
  const shown = withoutUserinfo(url)
  return {
    url: shown,
    async open (from, tag) {
      try {
        // What is known by its checksum has no tag at first, and may be resumed without.
        return await client.download(url, { from, ifRange: tag }).catch(error => {
          // It is shorter than what there is: from its beginning.
          if (from > 0 && error instanceof ApiError && error.status === 416) return client.download(url)
          throw error
        })
      } catch (error) {
        throw explained(shown, error)
      }
    },
    async validator () {
      const { cancel, tag, size } = await client.download(url).catch(error => { throw explained(shown, error) })
      cancel()
      return tag && `${tag} ${size}`
    }
  }
}

/** What another server than Leporello answered, in words that fit a download. */
function explained (url: string, error: unknown): unknown {
  if (!(error instanceof ApiError) || error.code !== undefined) return error
  const kind = error.status === 404 ? 'not-found' : error.status >= 500 || error.status === 429 ? 'unreachable' : 'failed'
  return new LoadError(`${url} is answered with ${error.status}`, kind, error)
}
