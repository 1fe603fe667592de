import { BASE64, FLAG, listOf, mapOf, objectOf, TEXT, TIME_STAMP, WHOLE } from './shape.js'

// What docker, containerd, podman and skopeo declare in Go for the documents of an image: with a value of another type
// none of them reads the document, whether they need the value or not.

const PLATFORM = objectOf({
  architecture: TEXT, os: TEXT, variant: TEXT, 'os.version': TEXT, 'os.features': listOf(TEXT)
})

const DESCRIPTOR = objectOf({
  mediaType: TEXT,
  digest: TEXT,
  size: WHOLE,
  urls: listOf(TEXT),
  annotations: mapOf(TEXT),
  data: BASE64,
  artifactType: TEXT,
  platform: PLATFORM
})

const PROCESS = objectOf({
  Hostname: TEXT,
  Domainname: TEXT,
  User: TEXT,
  AttachStdin: FLAG,
  AttachStdout: FLAG,
  AttachStderr: FLAG,
  Tty: FLAG,
  OpenStdin: FLAG,
  StdinOnce: FLAG,
  ArgsEscaped: FLAG,
  NetworkDisabled: FLAG,
  ExposedPorts: mapOf(objectOf({})),
  Volumes: mapOf(objectOf({})),
  Env: listOf(TEXT),
  Cmd: listOf(TEXT),
  Entrypoint: listOf(TEXT),
  OnBuild: listOf(TEXT),
  Shell: listOf(TEXT),
  Image: TEXT,
  WorkingDir: TEXT,
  MacAddress: TEXT,
  StopSignal: TEXT,
  StopTimeout: WHOLE,
  Labels: mapOf(TEXT),
  Healthcheck: objectOf({ Test: listOf(TEXT), Interval: WHOLE, Timeout: WHOLE, StartPeriod: WHOLE, Retries: WHOLE })
})

export const CONFIG = objectOf({
  id: TEXT,
  parent: TEXT,
  comment: TEXT,
  created: TIME_STAMP,
  container: TEXT,
  container_config: PROCESS,
  docker_version: TEXT,
  author: TEXT,
  config: PROCESS,
  architecture: TEXT,
  variant: TEXT,
  Size: WHOLE,
  os: TEXT,
  'os.version': TEXT,
  'os.features': listOf(TEXT),
  rootfs: objectOf({ type: TEXT, diff_ids: listOf(TEXT) }),
  history: listOf(objectOf({
    created: TIME_STAMP, author: TEXT, created_by: TEXT, comment: TEXT, empty_layer: FLAG
  }))
})

/** Of an index or a manifest. */
export const MANIFEST = objectOf({
  schemaVersion: WHOLE,
  mediaType: TEXT,
  artifactType: TEXT,
  annotations: mapOf(TEXT),
  subject: DESCRIPTOR,
  config: DESCRIPTOR,
  layers: listOf(DESCRIPTOR),
  manifests: listOf(DESCRIPTOR)
})

/** Of an image in `manifest.json`. */
export const ARCHIVED_IMAGE = objectOf({
  Config: TEXT, RepoTags: listOf(TEXT), Layers: listOf(TEXT), Parent: TEXT, LayerSources: mapOf(DESCRIPTOR)
})
