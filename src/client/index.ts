/** What programs import as `leporello/client`. */
export type * from './answers.js'
export type * from './requests.js'
export { ApiError, UnreachableError, type ClientError } from './errors.js'
export { LeporelloClient, type ClientOptions } from './leporello-client.js'
