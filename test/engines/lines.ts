/** A line of engines that sites run. */
export interface EngineLine {
  readonly vendor: 'elasticsearch' | 'opensearch'
  readonly version: string
  /** Whether it wants a newer Java than the machine's own 17. */
  readonly java21?: boolean
  /** Where Maven Central has its module of further analyzers, such as Mozart's templates name; without Docker the others lack it. */
  readonly analysis?: string
}

/** Every line the adapter promises to work on, by the name that tests and `npm run test:engines` use. */
export const ENGINE_LINES = {
  'elasticsearch-7.9': { vendor: 'elasticsearch', version: '7.9.3' },
  'elasticsearch-7': { vendor: 'elasticsearch', version: '7.10.2', analysis: 'org.codelibs.elasticsearch.module' },
  'elasticsearch-7.17': { vendor: 'elasticsearch', version: '7.17.29' },
  'elasticsearch-8': { vendor: 'elasticsearch', version: '8.19.21' },
  'elasticsearch-9': { vendor: 'elasticsearch', version: '9.5.3', java21: true },
  'opensearch-1': { vendor: 'opensearch', version: '1.3.20' },
  'opensearch-2': { vendor: 'opensearch', version: '2.19.6', analysis: 'org.opensearch.plugin' },
  'opensearch-3': { vendor: 'opensearch', version: '3.8.0', java21: true }
} as const satisfies Record<string, EngineLine>

export type EngineName = keyof typeof ENGINE_LINES
