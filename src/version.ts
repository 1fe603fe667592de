import { readFileSync } from 'node:fs'

/** This package's own, as it was published. */
export const { version: VERSION } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
