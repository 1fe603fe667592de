import t from 'tap'
import { ENGINE_LINES, type EngineName } from './lines.js'
import { S3_SERVERS, type S3ServerKind } from './s3-server.js'

/**
 * The engines to test, those named in `LEPORELLO_TEST_ENGINES` (by comma). None is named: none, and the test says so,
 * since they have to be fetched first.
 */
export function enginesUnderTest (): readonly EngineName[] {
  const named = process.env['LEPORELLO_TEST_ENGINES']
  if (named === undefined || named === '') {
    t.comment('real engines are left out: npm run test:engines fetches them (Java, Maven and pip, or Docker) and tests on them')
    return []
  }
  return named.split(',').map(name => {
    if (!Object.hasOwn(ENGINE_LINES, name)) {
      throw new Error(`no engine "${name}": there are ${Object.keys(ENGINE_LINES).join(', ')}`)
    }
    return name as EngineName
  })
}

/**
 * The servers to test, those named in `LEPORELLO_TEST_STORES` (by comma). None is named: none, and the test says so,
 * since they have to be built with Go first.
 */
export function s3ServersUnderTest (): readonly S3ServerKind[] {
  const named = process.env['LEPORELLO_TEST_STORES']
  if (named === undefined || named === '') {
    t.comment('real S3 servers are left out: npm run test:stores builds them (Go) and tests on them')
    return []
  }
  return named.split(',').map(name => {
    if (!Object.hasOwn(S3_SERVERS, name)) throw new Error(`no S3 server "${name}": there are ${Object.keys(S3_SERVERS).join(', ')}`)
    return name as S3ServerKind
  })
}
