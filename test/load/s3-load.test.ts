import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import t from 'tap'
import { temporaryFolder } from '../app.js'
import { startS3Server } from '../engines/s3-server.js'
import { s3ServersUnderTest } from '../engines/under-test.js'
import { runLeporello } from '../service.js'
import { s3Environment } from '../uploads/s3-service.js'
import { made, NAME, startSite } from './site.js'

for (const kind of s3ServersUnderTest()) {
  t.test(kind, async t => {
    const server = await startS3Server(t, kind)
    const bucket = await server.bucket()
    const worker = {
      AWS_ENDPOINT_URL: server.endpoint,
      AWS_ACCESS_KEY_ID: server.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: server.credentials.secretAccessKey
    }
    const put = (Key: string, Body: Buffer) => server.client.send(new PutObjectCommand({ Bucket: bucket, Key, Body }))
    const fetchOnly = (env: Record<string, string>) => runLeporello(['load', NAME, '--fetch-only', '--arch', 'amd64'], env)

    t.test('a legacy registration of an object is fetched and proved', async t => {
      const site = await startSite(t)
      const { tarball } = made('amd64')
      await put('some/folder/hello-1.0.tar.gz', tarball)
      await site.client.register({ name: NAME, version: '1.0', digest: 'd', url: `s3://${bucket}/some/folder/hello-1.0.tar.gz` })
      const { code, stdout, stderr } = await fetchOnly({ ...site.env, ...worker })
      t.equal(code, 0, stderr)
      t.ok((await readFile(stdout.trim())).equals(tarball))
      await put('some/folder/hello-1.0.tar.gz', tarball.subarray(0, 4000))
      t.match(await fetchOnly({ ...site.env, ...worker }), { code: 3, stdout: '' }, 'also when it was replaced by something else')
    })

    t.test('an object that is not there is not found, and one that may not be read is told so', async t => {
      const site = await startSite(t)
      await site.client.register({ name: NAME, version: '1.0', digest: 'd', url: `s3://${bucket}/nosuch.tar` })
      t.match(await fetchOnly({ ...site.env, ...worker }), { code: 4, stderr: /there is no s3:\/\// })
      const { code, stderr } = await fetchOnly({ ...site.env, ...worker, AWS_SECRET_ACCESS_KEY: 'wrong' })
      t.match([code, stderr], [1, /does not let these credentials read/])
    })

    t.test('what was uploaded comes from the store, or through the service, resumed where it broke off', async t => {
      for (const more of [{}, { LEPORELLO_S3_PUBLIC_ENDPOINT: server.endpoint }]) {
        const site = await startSite(t, { ...s3Environment(server, await server.bucket()), ...more })
        const { tarball } = made('amd64', JSON.stringify(more))
        const file = join(await temporaryFolder(t), 'image.tar')
        await writeFile(file, tarball)
        await site.client.upload({ name: NAME, version: '1.0', tarballs: [{ source: file }] })
        const { sha256 } = await site.client.resolve(NAME, 'amd64')
        const path = (await fetchOnly(site.env)).stdout.trim()
        t.ok((await readFile(path)).equals(tarball))
        await writeFile(join(site.cache, `${sha256}.part`), tarball.subarray(0, 5000))
        await writeFile(path, 'damaged')
        t.match(await fetchOnly(site.env), { code: 0, stdout: `${path}\n`, stderr: /going on with/ })
        t.ok((await readFile(path)).equals(tarball))
      }
    })
  })
}
