/** How many bytes of a file say what machine it is for. */
export const ELF_HEAD_BYTES = 20

const MAGIC = Buffer.from([0x7f, 0x45, 0x4c, 0x46])
const EXECUTABLE = 2
const SHARED_OBJECT = 3

// e_machine (ELF gABI, chapter 4), class 32 or 64 and byte order, and what Go calls the architecture.
const MACHINES: Readonly<Record<string, string>> = {
  '3-32-le': '386',
  '62-64-le': 'amd64',
  '62-32-le': 'amd64',
  '40-32-le': 'arm',
  '183-64-le': 'arm64',
  '21-64-le': 'ppc64le',
  '21-64-be': 'ppc64',
  '22-64-be': 's390x',
  '243-64-le': 'riscv64',
  '258-64-le': 'loong64',
  '8-32-le': 'mipsle',
  '8-64-le': 'mips64le'
}

/**
 * The architecture that a program or shared library is for, by its first bytes; undefined for other files, for object
 * files (which images hold for other machines on purpose) and for machines no image is for, such as GPUs and BPF.
 */
export function elfArchitecture (head: Buffer): string | undefined {
  if (head.length < ELF_HEAD_BYTES || !head.subarray(0, 4).equals(MAGIC)) return undefined
  const little = head[5] === 1
  const word = (offset: number): number => little ? head.readUInt16LE(offset) : head.readUInt16BE(offset)
  if (word(16) !== EXECUTABLE && word(16) !== SHARED_OBJECT) return undefined
  return MACHINES[`${word(18)}-${head[4] === 2 ? 64 : 32}-${little ? 'le' : 'be'}`]
}
