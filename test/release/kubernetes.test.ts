import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import t from 'tap'
import { Gate } from '../../src/access/gate.js'
import { VARIABLES } from '../../src/config/variables.js'
import { Kubeconform } from './kubeconform.js'

const FOLDER = 'docs/kubernetes'
/** The first that the manifests are for, and the last there is. */
const LINES = ['1.27.0', '1.37.0']

/** After the grace, closing may take as long. */
const CLOSING_SECONDS = 5

const names = (await readdir(FOLDER)).filter(name => name.endsWith('.yaml')).sort()
const manifests = names.filter(name => name !== 'kustomization.yaml')
const read = async (name: string): Promise<string> => await readFile(join(FOLDER, name), 'utf8')
const deployment = await read('deployment.yaml')
const config = await read('config.yaml')

t.test('every variable of the manifests is one that the service reads', async t => {
  const named = (await Promise.all(names.map(read))).join('\n').match(/LEPORELLO_[A-Z0-9_]+/g) ?? []
  t.ok(named.length > 8)
  for (const name of named) t.ok(Object.hasOwn(VARIABLES, name), name)
})

t.test('every value of the configuration is one that the service takes', async t => {
  const settings = [...config.matchAll(/^ {2}(LEPORELLO_\w+): "?([^"\n]+)"?$/gm)]
  t.ok(settings.length > 5)
  for (const [, name = '', value = ''] of settings) {
    t.doesNotThrow(() => VARIABLES[name as keyof typeof VARIABLES].parse(value), `${name}=${value}`)
  }
})

t.test('a pod may take as long to end as the service may, and a pause before', async t => {
  const seconds = (text: string, pattern: RegExp): number => Number(pattern.exec(text)?.[1]?.replace('_', ''))
  const pod = seconds(deployment, /terminationGracePeriodSeconds: (\d+)/)
  const pause = seconds(deployment, /\[node, -e, 'setTimeout\(\(\) => \{\}, (\d+_\d+)\)'\]/) / 1000
  const grace = seconds(config, /LEPORELLO_SHUTDOWN_GRACE_MS: "(\d+)"/) / 1000
  t.ok(pod > pause + grace + CLOSING_SECONDS, `${pod} > ${pause} + ${grace} + ${CLOSING_SECONDS}`)
})

t.test('the kustomization names every manifest but the examples', async t => {
  const listed = [...(await read('kustomization.yaml')).matchAll(/^ {2}- (\S+\.yaml)$/gm)].map(([, name]) => name)
  t.same([...listed, 'access.example.yaml', 'ingress.example.yaml', 'secret.example.yaml'].sort(), manifests)
})

t.test('the files that the configuration names are those of the Secret, where the pod has it, and can be read', async t => {
  const example = await read('access.example.yaml')
  const files = new Map([...example.matchAll(/^ {2}([\w.]+): ['"](.*)['"]$/gm)].map(([, name, content]) => [name, content ?? '']))
  const path = (variable: string): string => new RegExp(`^ {2}${variable}: (\\S+)$`, 'm').exec(config)?.[1] ?? ''
  const named = [path('LEPORELLO_HTPASSWD'), path('LEPORELLO_ACCESS')]
  const [, mountPath] = /- name: access\n +mountPath: (\S+)\n/.exec(deployment) ?? []
  t.same(named, Array.from(files.keys(), name => `${mountPath}/${name}`))
  t.match(deployment, `secretName: ${/^ {2}name: (\S+)$/m.exec(example)?.[1]}\n`)

  const folder = t.testdir(Object.fromEntries(files))
  const [htpasswdFile, accountsFile] = named.map(path => join(folder, basename(path)))
  const gate = new Gate({ htpasswdFile, accountsFile, anonymousRead: true, onTrouble: t.fail })
  await gate.check()
  t.notOk(gate.isOpen)
})

t.test('the port of the metrics is that of the configuration', async t => {
  const [, port] = /LEPORELLO_METRICS_PORT: "(\d+)"/.exec(config) ?? []
  t.match(deployment, new RegExp(`- name: metrics\\n +containerPort: ${port}\\n`))
})

const kubeconform = await Kubeconform.find({ lines: LINES, install: process.env['CI'] !== undefined })
const skip = kubeconform === undefined && 'kubeconform is not there: with CI=1 it is fetched with Go, and its schemas with pip'

for (const line of LINES) {
  t.test(`kubeconform finds nothing wrong by the schemas of Kubernetes ${line}`, { skip }, async t => {
    const { wrong, valid } = await kubeconform!.check(line, manifests.map(name => join(FOLDER, name)))
    t.same(wrong, [])
    t.equal(valid, manifests.length)
  })
}

t.test('and it would: a field that is spelt wrongly is found', { skip }, async t => {
  const folder = t.testdir({ 'wrong.yaml': deployment.replace('readinessProbe:', 'readynessProbe:') })
  const { wrong, valid } = await kubeconform!.check(LINES[0]!, [join(folder, 'wrong.yaml')])
  t.match(wrong, [/readynessProbe/])
  t.equal(valid, 0)
})
