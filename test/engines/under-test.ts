import t from 'tap'
import { ENGINE_LINES, type EngineName } from './lines.js'
import { S3_SERVERS, type S3ServerKind } from './s3-server.js'

/**
 * The engines to test, those named in `LEPORELLO_TEST_ENGINES` (by comma). None is named: none, and the test says so,
 * since they have to be fetched first.
 */
export function enginesUnderTest (): readonly EngineName[] {
  return named('LEPORELLO_TEST_ENGINES', ENGINE_LINES,
    'real engines are left out: npm run test:engines fetches them (Java, Maven and pip, or Docker) and tests on them')
}

/**
 * The servers to test, those named in `LEPORELLO_TEST_STORES` (by comma). None is named: none, and the test says so,
 * since they have to be built with Go first.
 */
export function s3ServersUnderTest (): readonly S3ServerKind[] {
  return named('LEPORELLO_TEST_STORES', S3_SERVERS,
    'real S3 servers are left out: npm run test:stores builds them (Go) and tests on them')
}

function named<Name extends string> (variable: string, known: Readonly<Record<Name, unknown>>, otherwise: string): readonly Name[] {
  const names = process.env[variable]
  if (names === undefined || names === '') {
    t.comment(otherwise)
    return []
  }
  return names.split(',').map(name => {
    if (!Object.hasOwn(known, name)) throw new Error(`${variable}: no "${name}": there are ${Object.keys(known).join(', ')}`)
    return name as Name
  })
}
