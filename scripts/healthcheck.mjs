// Exits with 0 when the service in this container is ready, otherwise with 1 and what it says. For Docker's HEALTHCHECK.
import { get as getHttp } from 'node:http'
import { get as getHttps } from 'node:https'
import { text } from 'node:stream/consumers'

/** Longer than the service takes to find out that a backend hangs, shorter than the HEALTHCHECK's own. */
const LONGEST_MS = 5700

const { LEPORELLO_PORT, LEPORELLO_TLS_CERT } = process.env
const options = { host: '127.0.0.1', port: LEPORELLO_PORT || 8888, path: '/health/ready', timeout: LONGEST_MS }

// The certificate is for the name that clients use, not for the loopback address.
const request = LEPORELLO_TLS_CERT ? getHttps({ ...options, rejectUnauthorized: false }) : getHttp(options)
request.on('timeout', () => request.destroy(new Error(`no answer in ${LONGEST_MS / 1000} s`)))
request.on('error', end)
request.on('response', response => {
  text(response).then(body => {
    process.stdout.write(body)
    process.exitCode = response.statusCode === 200 ? 0 : 1
  }, end)
})

function end (error) {
  console.log(error.message)
  process.exitCode = 1
}
