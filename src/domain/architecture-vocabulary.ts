/**
 * What uname, Go, Debian, RPM, Alpine, Node, Docker Hub, macOS and Windows call each architecture, in lower case;
 * on the left as Go and OCI write it, `GOARCH[/variant]`.
 */
const SPELLINGS: readonly (readonly [meaning: string, spellings: string])[] = [
  ['amd64', 'amd64 x86_64 x86-64 x64 em64t'],
  ['amd64/v1', 'amd64v1 x86_64_v1 x86_64-v1 x86-64-v1'],
  ['amd64/v2', 'amd64v2 x86_64_v2 x86_64-v2 x86-64-v2'],
  ['amd64/v3', 'amd64v3 x86_64_v3 x86_64-v3 x86-64-v3'],
  ['amd64/v4', 'amd64v4 x86_64_v4 x86_64-v4 x86-64-v4'],
  ['arm64', 'arm64 aarch64'],
  ['arm64/v8', 'arm64v8'],
  ['386', '386 i386 i486 i586 i686 x86 ia32'],
  ['arm/v5', 'armv5 armv5l armv5tel armv5tejl arm32v5'],
  ['arm/v6', 'armv6 armv6l armv6hl arm32v6'],
  ['arm/v7', 'armv7 armv7l armv7a armv7hl armv7hnl arm32v7'],
  ['arm/v8', 'armv8l'],
  ['loong64', 'loong64 loongarch64'],
  ['mips64le', 'mips64le mips64el'],
  ['mipsle', 'mipsle mipsel'],
  ['ppc64', 'ppc64 powerpc64'],
  ['ppc64le', 'ppc64le ppc64el powerpc64le'],
  ['riscv64', 'riscv64 riscv64gc'],
  ['s390x', 's390x']
]

/** Spelling to meaning, without the spellings that need an assumption. */
export const MEANINGS: ReadonlyMap<string, string> = new Map(
  SPELLINGS.flatMap(([meaning, spellings]) => spellings.split(' ').map(spelling => [spelling, meaning] as const)))

/** Spellings that systems read differently: containerd's reading is the meaning, and the reason to doubt it. */
export const ASSUMED: ReadonlyMap<string, { readonly meaning: string, readonly doubt: string }> = new Map([
  ['arm', { meaning: 'arm/v7', doubt: 'the name does not say which variant' }],
  ['armhf', { meaning: 'arm/v7', doubt: 'on Alpine and Raspbian it means arm/v6' }],
  ['armel', { meaning: 'arm/v6', doubt: 'on Debian it means arm/v5' }]
])

/** Spellings that leave open what runs the image, and what to write instead. */
export const AMBIGUOUS: ReadonlyMap<string, readonly string[]> = new Map([
  ['armv8', ['arm64', 'arm/v8']],
  ['mips', ['mipsle']],
  ['mips64', ['mips64le']]
])

/** The variants of each family: Go's GOAMD64, GOARM, GOPPC64 and GORISCV64, and Arm's from the OCI image index. */
export const VARIANTS: ReadonlyMap<string, readonly string[]> = new Map([
  ['amd64', ['v1', 'v2', 'v3', 'v4']],
  ['arm', ['v5', 'v6', 'v7', 'v8']],
  ['arm64', ['v8', ...minors('v8', 9), 'v9', ...minors('v9', 7)]],
  ['ppc64le', ['power8', 'power9', 'power10']],
  ['riscv64', ['rva20u64', 'rva22u64', 'rva23u64']]
])

/** The variant that a family's name means when it stands alone; `arm` has none. */
export const BASELINES: ReadonlyMap<string, string> = new Map([
  ['amd64', 'v1'], ['arm64', 'v8'], ['ppc64le', 'power8'], ['riscv64', 'rva20u64']
])

/** The keys of `urls` where they are more than the canonical name: what `platform.machine()` of a worker gives. */
export const PUBLISHED_KEYS: ReadonlyMap<string, readonly string[]> = new Map([
  ['amd64', ['x86_64', 'amd64']],
  ['arm64', ['arm64', 'aarch64']],
  ['386', ['i386', 'i686', '386']],
  ['arm/v7', ['armv7l', 'arm/v7']],
  ['arm/v6', ['armv6l', 'arm/v6']],
  ['loong64', ['loongarch64', 'loong64']]
])

/** `uname -m` on Linux, where it is not the canonical name. */
export const MACHINE_NAMES: ReadonlyMap<string, string> = new Map([
  ['amd64', 'x86_64'], ['arm64', 'aarch64'], ['386', 'i686'], ['arm/v8', 'armv8l'], ['arm/v7', 'armv7l'],
  ['arm/v6', 'armv6l'], ['arm/v5', 'armv5tel'], ['loong64', 'loongarch64']
])

function minors (major: string, last: number): string[] {
  return Array.from({ length: last }, (_, index) => `${major}.${index + 1}`)
}
