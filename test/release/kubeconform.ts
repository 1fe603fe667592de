import { execFile } from 'node:child_process'
import { access, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

const MODULE = 'github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0'

/** A Python package that brings the schemas of every line of Kubernetes, so that none is fetched while tests run. */
const SCHEMAS = 'kubernetes-validate==1.37.0'

const UNPACK = `
import sys, zipfile
wheel, into, *folders = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    archive.extractall(into, [name for name in archive.namelist() if any(f'/{folder}/' in name for folder in folders)])
`

/** kubeconform with the schemas of some lines of Kubernetes beside it. */
export class Kubeconform {
  readonly #program: string
  readonly #schemas: string

  private constructor (program: string, schemas: string) {
    this.#program = program
    this.#schemas = schemas
  }

  /** From the cache folder of the engines; with `install` what is not there is fetched with Go and pip. */
  static async find ({ lines, install }: { readonly lines: readonly string[], readonly install: boolean }): Promise<Kubeconform | undefined> {
    const userCache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
    const folder = join(process.env['ENGINES'] ?? join(userCache, 'leporello-engines'), 'kubeconform')
    const found = new Kubeconform(join(folder, 'kubeconform'), join(folder, 'kubernetes_validate', 'kubernetes-json-schema'))
    const wanted = [found.#program, ...lines.map(line => join(found.#schemas, folderOf(line), 'prepared'))]
    const missing = await Promise.all(wanted.map(path => access(path).then(() => false, () => true)))
    if (!missing.includes(true)) return found
    if (!install) return undefined
    await mkdir(folder, { recursive: true })
    await run('go', ['install', MODULE], { env: { ...process.env, GOBIN: folder } })
    await fetchSchemas(folder, lines)
    for (const line of lines) await prepare(join(found.#schemas, folderOf(line)))
    return found
  }

  /** What it finds wrong in the files, one line each. */
  async check (line: string, files: readonly string[]): Promise<{ readonly wrong: string[], readonly valid: number }> {
    const template = join(this.#schemas, '{{.NormalizedKubernetesVersion}}-local-strict/{{.ResourceKind}}{{.KindSuffix}}.json')
    const args = ['-strict', '-output', 'json', '-summary', '-kubernetes-version', line, '-schema-location', template, ...files]
    const { stdout } = await run(this.#program, args).catch((error: { stdout: string }) => error)
    const { resources, summary } = JSON.parse(stdout) as { resources: Array<{ filename: string, msg: string }>, summary: { valid: number } }
    return { wrong: resources.map(({ filename, msg }) => `${filename}: ${msg}`), valid: summary.valid }
  }
}

function folderOf (line: string): string {
  return `v${line}-local-strict`
}

async function fetchSchemas (folder: string, lines: readonly string[]): Promise<void> {
  await run('python3', ['-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', folder, SCHEMAS])
  const wheel = (await readdir(folder)).find(name => name.endsWith('.whl')) ?? ''
  await run('python3', ['-c', UNPACK, join(folder, wheel), folder, ...lines.map(folderOf)])
}

/** Their addresses in the package are not where they lie, and kubeconform would look for them there. */
async function prepare (folder: string): Promise<void> {
  for (const name of (await readdir(folder)).filter(name => name.endsWith('.json'))) {
    const path = join(folder, name)
    const text = (await readFile(path, 'utf8')).replaceAll('"/api/_definitions.json#', '"_definitions.json#')
    const { $id: _, ...schema } = JSON.parse(text) as { $id?: string }
    await writeFile(path, JSON.stringify(schema))
  }
  await writeFile(join(folder, 'prepared'), '')
}
