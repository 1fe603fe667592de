import { factsKey, keyInUrl, placeOf, tarballOfFacts } from '../../src/domain/tarball-key.js'

const MARK = '.leporello'

/**
 * What is wrong with what lies in the bucket (keys, and `unfinished <key>`), when the documents (JSON texts) name what
 * they name and sweeps have had their time: each named tarball, its facts, the owner's mark, and nothing else.
 */
export function mistakesInStore (contents: readonly string[], documents: readonly string[]): string[] {
  const named = new Set(documents.flatMap(urlsIn).map(place))
  const stored = contents.filter(key => key !== MARK)
  const keys = new Set(stored)
  const whole = new Set(stored.filter(key => placeOf(key) !== undefined && tarballOfFacts(key) === undefined).map(place))
  return [
    ...contents.includes(MARK) || stored.length === 0 ? [] : ['the owner\'s mark is gone'],
    ...[...named].filter(each => !whole.has(each)).map(each => `${each} is named and not stored`),
    ...stored.filter(key => key.startsWith('unfinished ') || placeOf(key) === undefined).map(key => `${key} is left`),
    ...stored.filter(key => placeOf(key) !== undefined && !named.has(place(tarballOfFacts(key) ?? key))).map(key => `${key} is stored and not named`),
    ...[...keys].filter(key => tarballOfFacts(key) === undefined && placeOf(key) !== undefined && !keys.has(factsKey(key))).map(key => `${key} has no facts`)
  ]
}

/** The urls of tarballs of ours that a document holds. */
export function urlsIn (json: string): string[] {
  return [...json.matchAll(/https?:\/\/[^"\\\s]+/g)].map(([url]) => url).filter(url => keyInUrl(url) !== undefined)
}

/** By which a key and a url agree: the upload and the file. */
function place (keyOrUrl: string): string {
  return keyOrUrl.split('/').slice(-2).join('/')
}
