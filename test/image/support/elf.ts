const MACHINES: Readonly<Record<string, readonly [machine: number, bits: 32 | 64, order: 'le' | 'be']>> = {
  386: [3, 32, 'le'],
  amd64: [62, 64, 'le'],
  arm: [40, 32, 'le'],
  arm64: [183, 64, 'le'],
  ppc64: [21, 64, 'be'],
  ppc64le: [21, 64, 'le'],
  riscv64: [243, 64, 'le'],
  s390x: [22, 64, 'be'],
  // Pointers of 32 bits on amd64.
  x32: [62, 32, 'le'],
  bpf: [247, 64, 'le']
}

export const EXECUTABLE = 2
export const SHARED = 3
export const RELOCATABLE = 1

/** The beginning of an ELF file for a machine, which is all that a verifier can go by. */
export function elf (architecture: string, type = EXECUTABLE): Buffer {
  const [machine, bits, order] = MACHINES[architecture]!
  const head = Buffer.alloc(64)
  head.set([0x7f, 0x45, 0x4c, 0x46, bits / 32, order === 'le' ? 1 : 2, 1])
  const write = (value: number, offset: number): number =>
    order === 'le' ? head.writeUInt16LE(value, offset) : head.writeUInt16BE(value, offset)
  write(type, 16)
  write(machine, 18)
  return head
}
