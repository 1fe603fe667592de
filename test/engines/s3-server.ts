import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { CreateBucketCommand, ListMultipartUploadsCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import type { Test } from 'tap'
import { freePort } from './engine.js'
import { goProgram } from './go-program.js'

const CREDENTIALS = { accessKeyId: 'leporello', secretAccessKey: 'madamina-il-catalogo' }

interface Kind {
  readonly module: string
  readonly args: (port: number, folder: string) => string[]
}

/** Real servers, each one command of the Go toolchain away. */
export const S3_SERVERS = {
  versitygw: {
    module: 'github.com/versity/versitygw/cmd/versitygw@v1.8.0',
    args: (port, folder) => ['--port', `127.0.0.1:${port}`, '--quiet', 'posix', folder]
  },
  minio: {
    module: 'github.com/minio/minio@latest',
    args: (port, folder) => ['server', '--quiet', '--address', `127.0.0.1:${port}`, folder]
  }
} as const satisfies Record<string, Kind>

export type S3ServerKind = keyof typeof S3_SERVERS

/** Starts a server with an empty folder, in `parent`, on a free port of 127.0.0.1; it ends with the test. */
export async function startS3Server (t: Pick<Test, 'teardown'>, kind: S3ServerKind, parent = tmpdir()): Promise<S3Server> {
  const folder = await mkdtemp(join(parent, `leporello-${kind}-`))
  const server = new S3Server(S3_SERVERS[kind], await goProgram('s3', S3_SERVERS[kind].module), await freePort(), folder)
  t.teardown(async () => {
    await server.kill()
    await rm(folder, { recursive: true })
  })
  await server.start()
  return server
}

export class S3Server {
  readonly endpoint: string
  readonly credentials = CREDENTIALS
  /** A client of the SDK's own making, to look at the server past the adapter. */
  readonly client: S3Client
  readonly #kind: Kind
  readonly #program: string
  readonly #port: number
  readonly #folder: string
  #process: ChildProcess | undefined
  #buckets = 0

  constructor (kind: Kind, program: string, port: number, folder: string) {
    this.#kind = kind
    this.#program = program
    this.#port = port
    this.#folder = folder
    this.endpoint = `http://127.0.0.1:${port}`
    this.client = new S3Client({
      endpoint: this.endpoint, region: 'us-east-1', credentials: CREDENTIALS, forcePathStyle: true, maxAttempts: 10
    })
  }

  /** Resolves when it answers; again after a kill, with what its folder holds. */
  async start (): Promise<void> {
    const { accessKeyId, secretAccessKey } = CREDENTIALS
    this.#process = spawn(this.#program, this.#kind.args(this.#port, this.#folder), {
      stdio: 'ignore',
      env: {
        ...process.env,
        ROOT_ACCESS_KEY: accessKeyId,
        ROOT_SECRET_KEY: secretAccessKey,
        MINIO_ROOT_USER: accessKeyId,
        MINIO_ROOT_PASSWORD: secretAccessKey,
        MINIO_BROWSER: 'off'
      }
    })
    while (!await this.#answers()) {
      if (this.#process.exitCode !== null) throw new Error(`${this.#program} ended with ${this.#process.exitCode}`)
      await setTimeout(20)
    }
  }

  async #answers (): Promise<boolean> {
    return await fetch(this.endpoint).then(({ status }) => status < 500, () => false)
  }

  /** Of the running process. */
  get pid (): number | undefined {
    return this.#process?.pid
  }

  /** As a power failure would. */
  async kill (): Promise<void> {
    await this.#end('SIGKILL')
  }

  async #end (signal: NodeJS.Signals): Promise<void> {
    const running = this.#process
    if (running === undefined || running.exitCode !== null || running.signalCode !== null) return
    const exited = once(running, 'exit')
    running.kill(signal)
    await exited
  }

  /** From then on it takes connections and answers nothing, until `resume`. */
  pause (): void {
    this.#process?.kill('SIGSTOP')
  }

  resume (): void {
    this.#process?.kill('SIGCONT')
  }

  /** A new bucket's name. */
  async bucket (): Promise<string> {
    const name = `bucket-${++this.#buckets}`
    await this.client.send(new CreateBucketCommand({ Bucket: name }))
    return name
  }

  /**
   * Everything in the bucket: the keys, and `unfinished <key>` for uploads. After a restart minio knows of an upload
   * only when it is asked for its very key.
   */
  async contents (bucket: string, key: string): Promise<string[]> {
    const { Contents = [] } = await this.client.send(new ListObjectsV2Command({ Bucket: bucket }))
    const uploads = new Map<string | undefined, string>()
    for (const Prefix of [undefined, key]) {
      const { Uploads = [] } = await this.client.send(new ListMultipartUploadsCommand({ Bucket: bucket, Prefix }))
      for (const { UploadId, Key } of Uploads) uploads.set(UploadId, `unfinished ${Key}`)
    }
    return [...Contents.map(({ Key = '' }) => Key), ...uploads.values()]
  }
}
