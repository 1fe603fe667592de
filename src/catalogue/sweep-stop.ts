/** A sweep cannot know enough to go on. The message says why, without a full stop. */
export class SweepStop extends Error {
  override readonly name = 'SweepStop'
}
