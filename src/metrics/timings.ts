import type { Metric, MetricValueWithName, Registry } from 'prom-client'

/** From what an embedded catalogue needs for a document to what an engine needs before it is given up. */
const BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

export interface TimingsOptions<Label extends string> {
  readonly name: string
  readonly help: string
  readonly labelNames: readonly Label[]
  readonly registry: Registry
}

/**
 * A histogram of seconds for what happens in every request. `Histogram` looks the labels up and checks them each time,
 * which costs more than the rest of the observation; here whoever observes holds on to the timing of its labels.
 */
export class Timings<Label extends string> {
  readonly name: string
  readonly help: string
  readonly type = 'histogram'
  readonly aggregator = 'sum'
  readonly labelNames: readonly Label[]
  readonly #timings = new Map<string, Timing>()

  constructor ({ registry, name, help, labelNames }: TimingsOptions<Label>) {
    this.name = name
    this.help = help
    this.labelNames = labelNames
    registry.registerMetric(this as unknown as Metric)
  }

  /** The one of that combination of labels, which is shown from its first observation on. To be held on to. */
  of (labels: Readonly<Record<Label, string>>): Timing {
    // A series that is shown twice is one of which Prometheus keeps a part.
    const key = JSON.stringify(this.labelNames.map(name => labels[name]))
    const timing = this.#timings.get(key) ?? new Timing(labels)
    this.#timings.set(key, timing)
    return timing
  }

  /** What the registry asks of a metric. */
  async get () {
    const { name, help, type, aggregator } = this
    return { name, help, type, aggregator, values: [...this.#timings.values()].flatMap(timing => timing.values(name)) }
  }

  reset (): void {
    this.#timings.clear()
  }
}

/** The seconds of one combination of labels. */
export class Timing {
  readonly #labels: Readonly<Record<string, string>>
  readonly #counts = new Float64Array(BOUNDS.length + 1)
  #sum = 0

  constructor (labels: Readonly<Record<string, string>>) {
    this.#labels = labels
  }

  observe (seconds: number): void {
    let bucket = 0
    while (bucket < BOUNDS.length && seconds > BOUNDS[bucket]!) bucket++
    this.#counts[bucket]!++
    this.#sum += seconds
  }

  values (name: string): Array<MetricValueWithName<string>> {
    let count = 0
    const buckets = [...BOUNDS, '+Inf'].map((le, at) => {
      count += this.#counts[at]!
      return { metricName: `${name}_bucket`, labels: { ...this.#labels, le }, value: count }
    })
    if (count === 0) return []
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels: this.#labels, value: this.#sum },
      { metricName: `${name}_count`, labels: this.#labels, value: count }
    ]
  }
}
