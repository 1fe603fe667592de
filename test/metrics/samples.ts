import { setImmediate as nextTurn } from 'node:timers/promises'

export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** What a scrape in Prometheus's text format holds. */
export class Samples {
  readonly text: string
  readonly all: readonly Sample[]

  constructor (text: string) {
    this.text = text
    this.all = [...text.matchAll(/^([a-z_:][a-z0-9_:]*)(?:\{(.*)\})? (\S+)$/gim)].map(([, name = '', labels = '', value]) => ({
      name,
      labels: Object.fromEntries([...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label, text]) => [label, text])),
      value: Number(value)
    }))
  }

  /** The sum over all that have these labels. */
  sum (name: string, wanted: Readonly<Record<string, string>> = {}): number {
    return this.all.filter(sample => sample.name === name && Object.entries(wanted).every(([label, value]) => sample.labels[label] === value))
      .reduce((sum, { value }) => sum + value, 0)
  }
}

/** Scrapes until it is as wanted: a request is counted when its connection is done with it, which its client does not see. */
export async function samplesUntil (scrape: () => Promise<string>, isWanted: (samples: Samples) => boolean): Promise<Samples> {
  for (;;) {
    const samples = new Samples(await scrape())
    if (isWanted(samples)) return samples
    await nextTurn()
  }
}
