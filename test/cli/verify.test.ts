import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { temporaryFolder } from '../app.js'
import { NAME, podmanArchive, sampleImage } from '../image/support/sample-image.js'
import { tar } from '../image/support/tar-writer.js'
import { runLeporello } from '../service.js'

t.test('a good tarball is described, or printed as one JSON document', async t => {
  const file = join(await temporaryFolder(t), 'image.tar.gz')
  await writeFile(file, gzipSync(tar(podmanArchive(sampleImage()))))
  const { code, stdout, stderr } = await runLeporello(['verify', file, '--architecture', 'x86_64', '--name', NAME])
  t.equal(code, 0, stderr)
  t.match(stdout, /^architecture +amd64\nimage id +sha256:[0-9a-f]{64}\nnames +container-sample:1\.0\n/)
  const json = JSON.parse((await runLeporello(['verify', '--json', file])).stdout)
  t.match(json, { architecture: 'amd64', compression: 'gzip', repoTags: [NAME], layers: Array })
})

t.test('what is refused is refused in a line, with 3, and what cannot be looked at with 1 or 2', async t => {
  const folder = await temporaryFolder(t)
  const good = tar(podmanArchive(sampleImage()))
  const write = async (name: string, bytes: Buffer) => {
    await writeFile(join(folder, name), bytes)
    return join(folder, name)
  }
  const file = await write('image.tar', good)
  const refusals: Array<[args: string[], reason: RegExp, code?: number]> = [
    [[file, '--architecture', 'arm64'], /arm64/],
    [[file, '--name', 'container-other:1'], /container-other:1/],
    [[file, '--digest', `sha256:${'0'.repeat(64)}`], /sha256:0{64}/],
    [[file, '--architecture', 'armm64'], /Did you mean "arm64"/, 2],
    [[await write('cut.tar', good.subarray(0, good.length - 2000))], /\w/],
    [[await write('text', Buffer.from('no image'))], /\w/],
    [[join(folder, 'nosuch')], /ENOENT.*nosuch/, 1]
  ]
  for (const [args, reason, expected = 3] of refusals) {
    const { code, stdout, stderr } = await runLeporello(['verify', ...args])
    t.equal(code, expected, args.join(' '))
    t.equal(stdout, '')
    t.match(stderr, reason)
    t.equal(stderr.trim().split('\n').length, 1, stderr)
  }
})
