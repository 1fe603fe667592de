/** How a tar is judged: as the archive that is uploaded, or as a layer, which its digest already proves. */
export interface TarRules {
  /**
   * Whether everything that programs read differently is an error: names that are not UTF-8, repeated extensions,
   * content of what has none, no end-of-archive mark, anything but zeros after it.
   */
  readonly strict: boolean
  readonly maxExtensionBytes: number
}

/** Nobody reads such an archive in another way than the verifier does. */
export const ARCHIVE_RULES: TarRules = { strict: true, maxExtensionBytes: 64 * 1024 }

/** What Go's reader accepts, since every engine unpacks layers with it. */
export const LAYER_RULES: TarRules = { strict: false, maxExtensionBytes: 2 ** 20 }
