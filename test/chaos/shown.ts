import { ARCHITECTURES, type Architecture, type Images } from './changes.js'

/** A registration as a client sees it. */
export interface Shown {
  readonly images: Images
  readonly build: string | undefined
  /** The tarballs that the service keeps, by their urls, with the sha256 that is promised. */
  readonly tarballs: ReadonlyMap<string, string>
  /** What is wrong with the document by itself. */
  readonly mistakes: readonly string[]
}

export const NOTHING: Shown = { images: {}, build: undefined, tarballs: new Map(), mistakes: [] }

const SPELLINGS: Readonly<Record<string, Architecture>> = {
  amd64: 'amd64', x86_64: 'amd64', arm64: 'arm64', aarch64: 'arm64', s390x: 's390x'
}

interface Document {
  readonly url?: string | null
  readonly urls?: string
  readonly build?: string
  readonly images?: ReadonlyArray<{ readonly architecture: string, readonly file: string, readonly sha256?: string }>
}

/** Reads a registration's document: each image by its url, or by the sha256 of its tarball where the service keeps that. */
export function shownIn (document: Document): Shown {
  const urls = JSON.parse(document.urls ?? '{}') as Record<string, string>
  const mistakes: string[] = []
  const images: Partial<Record<Architecture, string>> = {}
  const tarballs = new Map<string, string>()
  for (const [spelling, url] of Object.entries(urls)) {
    const architecture = SPELLINGS[spelling]
    if (architecture === undefined) mistakes.push(`it has the architecture ${spelling}`)
    else if (Object.entries(urls).some(([other, its]) => SPELLINGS[other] === architecture && its !== url)) mistakes.push(`it has two urls for ${architecture}`)
    else images[architecture] = url
  }
  for (const architecture of ARCHITECTURES) {
    const url = images[architecture]
    if (!url?.startsWith('http:')) continue
    const record = document.images?.find(each => each.architecture === architecture && url.endsWith(`/${each.file}`))
    if (record?.sha256 === undefined) mistakes.push(`nothing is said of the tarball ${url}`)
    else {
      tarballs.set(url, record.sha256)
      images[architecture] = record.sha256
    }
  }
  if ((document.url ?? undefined) !== urls['amd64']) mistakes.push(`url is ${document.url} and that of amd64 is ${urls['amd64']}`)
  return { images, build: document.build, tarballs, mistakes }
}
