import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { temporaryFolder } from '../app.js'
import { startDocker } from '../image/support/daemons.js'
import { lackingDaemons } from '../image/support/programs.js'
import { runLeporello } from '../service.js'
import { made, NAME, startSite, uploaded } from './site.js'

t.setTimeout(180_000)

const skip = await lackingDaemons(['docker', 'dockerd'])
if (skip !== false) t.comment(`loading into docker is skipped: ${skip}`)

t.test('docker gets the image of its own architecture, is found by itself, and is not asked twice', { skip }, async t => {
  const [site, docker] = await Promise.all([startSite(t), startDocker(t)])
  const own = await docker('version', '-f', '{{.Server.Arch}}')
  const other = own === 'arm64' ? 'amd64' : 'arm64'
  const folder = await temporaryFolder(t)
  const write = async (architecture: string, text = '') => {
    const { tarball, imageId } = made(architecture, text)
    const file = join(folder, `${architecture}.tar`)
    await writeFile(file, tarball)
    return { file, imageId }
  }
  const [image, foreign] = [await write(own), await write(other)]
  await uploaded(site, { [own]: image.file, [other]: foreign.file })
  const load = (...args: string[]) => runLeporello(['load', NAME, ...args], { ...site.env, DOCKER_HOST: docker.host })
  t.match(await load(), { code: 0, stdout: `${NAME} for ${own} is loaded (docker, sha256:${image.imageId})\n` })
  t.equal(await docker('image', 'inspect', '-f', '{{.Id}}', NAME), `sha256:${image.imageId}`)
  t.match(await load(), { code: 0, stdout: /is there already/ })
  const again = await write(own, 'again')
  await uploaded(site, { [own]: again.file })
  t.match(await load('--engine', 'docker'), { code: 0, stdout: /is loaded/ })
  t.equal(await docker('image', 'inspect', '-f', '{{.Id}}', NAME), `sha256:${again.imageId}`)
})
