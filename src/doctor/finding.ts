/** What a look at one thing gave. */
export interface Finding {
  /** What was looked at, such as `store`. */
  readonly check: string
  /** `warning`: it serves, and somebody should know. `wrong`: something will not work. */
  readonly state: 'ok' | 'warning' | 'wrong'
  /** A sentence without secrets. */
  readonly message: string
  /** What to do about it. */
  readonly mend?: string
}

/** The findings of one check. */
export class Findings {
  readonly #check: string
  readonly #all: Finding[] = []

  constructor (check: string) {
    this.#check = check
  }

  get all (): readonly Finding[] {
    return this.#all
  }

  ok (message: string): void {
    this.#all.push({ check: this.#check, state: 'ok', message })
  }

  warning (message: string, mend: string): void {
    this.#all.push({ check: this.#check, state: 'warning', message, mend })
  }

  wrong (message: string, mend: string): void {
    this.#all.push({ check: this.#check, state: 'wrong', message, mend })
  }
}
