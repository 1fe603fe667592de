/** What a sentence may begin with, where it stands in the middle of one. */
export function within (what: string): string {
  return what.charAt(0).toLowerCase() + what.slice(1)
}
