import { ZSTDDecoder } from 'zstddec/stream'

/** The part of zstd's C interface that decoding needs; numbers are addresses and sizes in `memory`. */
export interface ZstdLibrary {
  readonly memory: { readonly buffer: ArrayBuffer }
  malloc (bytes: number): number
  free (address: number): void
  ZSTD_createDCtx (): number
  ZSTD_freeDCtx (context: number): number
  ZSTD_decompressStream (context: number, output: number, input: number): number
}

let library: Promise<ZstdLibrary> | undefined
let loaded: ZstdLibrary | undefined

/** The reference decoder; one instance for each thread, whose memory is never given back. */
export function loadZstd (): Promise<ZstdLibrary> {
  library ??= load()
  return library
}

/** How much memory of this thread the decoder has: a window is up to 128 MiB, and what was needed once stays. */
export function zstdBytes (): number {
  return loaded?.memory.buffer.byteLength ?? 0
}

// The package's own loop hides how far the input was read and does not end on corrupt input; its module is sound.
async function load (): Promise<ZstdLibrary> {
  const decoder = new ZSTDDecoder()
  const instantiated = decoder._init.bind(decoder)
  return await new Promise((resolve, reject) => {
    decoder._init = (result) => {
      instantiated(result)
      loaded = result.instance.exports as unknown as ZstdLibrary
      resolve(loaded)
    }
    decoder.init().catch(reject)
  })
}
