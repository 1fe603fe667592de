import { gzipSync } from 'node:zlib'

export const MIB = 1024 * 1024

export interface Body {
  readonly type: string
  readonly body: Buffer
  readonly headers?: Readonly<Record<string, string>>
}

const FORM = 'multipart/form-data; boundary=b'
const URLENCODED = 'application/x-www-form-urlencoded'

export function field (name: string, value: string, head = ''): string {
  return `--b\r\n${head}Content-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`
}

/** Without its last boundary. */
export function fields (values: Readonly<Record<string, string>>): string {
  return Object.entries(values).map(([name, value]) => field(name, value)).join('')
}

export function form (body: string, type = FORM): Body {
  return { type, body: Buffer.from(body, 'latin1') }
}

/** What no parser should take for a registration: each either is no form, or holds more of something than any does. */
export function bombs (registration: Readonly<Record<string, string>>): Record<string, Body> {
  const rest = fields(registration)
  const json = (body: string, headers = {}) => ({ type: 'application/json', body: Buffer.from(body), headers })
  return {
    'of 5,000 parts': form(`${Array.from({ length: 5000 }, (_, n) => field(`f${n}`, 'v')).join('')}${rest}--b--\r\n`),
    'of 200,000 empty parts': form(`${'--b\r\n\r\n\r\n'.repeat(200_000)}--b--\r\n`),
    'of parts that are only boundaries': form(`${'--b\r\n'.repeat(3_000_000)}--b--\r\n`),
    'whose part has headers without end': form(`--b\r\n${'X-Header: value\r\n'.repeat(500_000)}`),
    'whose part has one header without end': form(`--b\r\nX-Header: ${'a'.repeat(8 * MIB)}`),
    'whose part has a folded header without end': form(`--b\r\nX-Header: a\r\n${' b\r\n'.repeat(1_000_000)}`),
    'with a boundary of 71 characters that never comes': form(`${rest}--b--\r\n`, `multipart/form-data; boundary=${'c'.repeat(71)}`),
    'with a boundary of 10,000 characters that never comes': form(`${rest}--b--\r\n`, `multipart/form-data; boundary=${'c'.repeat(10_000)}`),
    'with a boundary of one repeated character, nearly there again and again': form(`--${'-'.repeat(4 * MIB)}`, `multipart/form-data; boundary=${'-'.repeat(70)}x`),
    'without a boundary': form(`${rest}--b--\r\n`, 'multipart/form-data'),
    'with an empty boundary': form(`${rest}--b--\r\n`, 'multipart/form-data; boundary=""'),
    'whose last boundary never comes': form(`${rest}--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n${'a'.repeat(8 * MIB)}`),
    'of 8 MiB before the first boundary, and none': form('a'.repeat(8 * MIB)),
    'with a name of 1 MiB': form(`${rest}${field('n'.repeat(MIB), 'v')}--b--\r\n`),
    'of another nested kind': form(`--b\r\nContent-Type: multipart/mixed; boundary=i\r\n\r\n--i\r\n\r\n${rest}\r\n--i--\r\n--b--\r\n`),
    'of multipart/mixed': form(`${rest}--b--\r\n`, 'multipart/mixed; boundary=b'),
    'of a part whose first disposition is an attachment': form(field('name', 'x', 'Content-Disposition: attachment\r\n') + '--b--\r\n'),
    'urlencoded, of a million pairs': { type: URLENCODED, body: Buffer.from('a=b&'.repeat(1_000_000)) },
    'urlencoded, of a million ampersands': { type: URLENCODED, body: Buffer.alloc(1_000_000, '&') },
    'urlencoded, of broken percent signs': { type: URLENCODED, body: Buffer.from(`name=${'%%%ff%'.repeat(MIB)}`) },
    'of more than 16 MiB': { type: URLENCODED, body: Buffer.alloc(17 * MIB, 'a') },
    'of 100,000 nested lists': json('['.repeat(100_000) + ']'.repeat(100_000)),
    'of 100,000 nested lists in a parameter': json(`{"name": ${'['.repeat(100_000)}${']'.repeat(100_000)}}`),
    'of 100,000 nested objects': json('{"a":'.repeat(100_000) + '1' + '}'.repeat(100_000)),
    'of lists that never end': json('['.repeat(8 * MIB)),
    'with a key of 10 MiB': json(`{"${'k'.repeat(10 * MIB)}": 1}`),
    'with a number of 8 MiB': json(`{"name": ${'9'.repeat(8 * MIB)}}`),
    'in a parameter, of a million values': { type: URLENCODED, body: Buffer.from(`spec={"id":"a","b":[${'1,'.repeat(MIB)}1]}`) },
    'of a million keys': json(`{${Array.from({ length: 1_000_000 }, (_, n) => `"k${n}":1`).join(',')}}`),
    'in gzip, 64 MiB of JSON in 64 KiB': {
      type: 'application/json', body: gzipSync(`{"name": "${'a'.repeat(64 * MIB)}"}`), headers: { 'content-encoding': 'gzip' }
    },
    'in gzip, a form': { type: FORM, body: gzipSync(`${rest}--b--\r\n`), headers: { 'content-encoding': 'gzip' } }
  }
}
