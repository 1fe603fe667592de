/** The parts that are used here; the package has no types of its own. */
declare module 'fs-native-extensions' {
  /** Whether the lock could be had at once. */
  export function tryLock (fd: number): boolean
  export function waitForLock (fd: number): Promise<void>
}
