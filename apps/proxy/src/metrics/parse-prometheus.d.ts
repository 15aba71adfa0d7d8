/** The parser by which the tests read our text for Prometheus; it brings no types. */
declare module 'parse-prometheus-text-format' {
  export interface Family {
    name: string
    help: string
    type: 'COUNTER' | 'GAUGE' | 'HISTOGRAM' | 'SUMMARY' | 'UNTYPED'
    metrics: {
      labels?: Record<string, string>
      value?: string
      buckets?: Record<string, string>
      count?: string
      sum?: string
    }[]
  }
  /** @throws where the text is not what Prometheus reads */
  export default function parse(text: string): Family[]
}
