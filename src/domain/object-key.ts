const SEGMENT = /^[A-Za-z0-9._-]{1,255}$/

/** S3's limit. */
const LONGEST = 1024

/**
 * Refuses a key that is not 1 to 1,024 characters of `[A-Za-z0-9._/-]` in segments of at most 255, none of them empty,
 * `.` or `..`. Such a key is the same text in a path, in a url (osaka cuts at `?` and `#` and does not decode `%`) and
 * in S3. Keys are made by this program, so a bad one is a `TypeError`, not a refusal.
 */
export function checkObjectKey (key: string): void {
  const segments = key.split('/')
  if (key.length > LONGEST || !segments.every(segment => SEGMENT.test(segment) && !/^\.{1,2}$/.test(segment))) {
    throw new TypeError(`not a key of the image store: ${JSON.stringify(key)}`)
  }
}
