/**
 * What is counted. A counter's key is its name and its labels, with blanks in between.
 * @module
 */

/** The counters, as Prometheus shows them. */
export const COUNTERS = {
  accepted: {
    metric: 'heap_edge_records_accepted_total',
    labels: ['app_id', 'route'],
    help: 'Records that were answered 2xx: delivered, queued or suppressed.',
  },
  delivered: {
    metric: 'heap_edge_records_delivered_total',
    labels: ['app_id', 'route', 'source'],
    help: 'Records that Heap has, at once (live) or later (outbox).',
  },
  queued: {
    metric: 'heap_edge_records_queued_total',
    labels: ['app_id', 'route'],
    help: 'Records that went to the outbox.',
  },
  suppressed: {
    metric: 'heap_edge_records_suppressed_total',
    labels: ['app_id', 'route'],
    help: 'Records of users who are being deleted; they were not sent.',
  },
  refused: {
    metric: 'heap_edge_records_refused_total',
    labels: ['app_id', 'route', 'problem'],
    help: 'Records in requests that were refused. A body that cannot be read counts as one.',
  },
  requests: {
    metric: 'heap_edge_requests_refused_total',
    labels: ['route', 'problem'],
    help: 'Requests to any route that were refused.',
  },
  answers: {
    metric: 'heap_edge_heap_requests_total',
    labels: ['source', 'answer'],
    help: 'Requests to Heap by what it answered: taken, refused, or failed (429, 5xx, no answer).',
  },
  lost: {
    metric: 'heap_edge_metrics_lost_total',
    labels: [],
    help: 'Reports of figures that did not arrive.',
  },
} as const satisfies Record<string, { metric: string; labels: readonly string[]; help: string }>

export type CounterName = keyof typeof COUNTERS

/** Who sends requests to Heap. */
export const SOURCES = ['live', 'outbox', 'deletions'] as const
export type Source = (typeof SOURCES)[number]

/** What Heap makes of a request. */
export type Answer = 'taken' | 'refused' | 'failed'

export function keyOf(name: CounterName, ...labels: string[]): string {
  return labels.length > 0 ? `${name} ${labels.join(' ')}` : name
}

export function nameOf(key: string): CounterName {
  const end = key.indexOf(' ')
  return (end === -1 ? key : key.slice(0, end)) as CounterName
}
