/**
 * The figures as Prometheus reads them: its text format, version 0.0.4. Pure. No identity is in them.
 * @module
 */
import { COUNTERS, type CounterName, nameOf, SOURCES } from './counters.ts'
import { cumulative } from './histogram.ts'
import type { Overview } from './overview.ts'
import type { Totals } from './store.ts'

export const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

const DURATION = 'heap_edge_heap_request_duration_seconds'

type Sample = [labels: Record<string, string | number>, value: number]

export function exposition({ counters, latency }: Totals, { shards, deletions, runs }: Overview): string {
  const lines: string[] = []
  const metric = (name: string, type: 'counter' | 'gauge', help: string, samples: Sample[]) => {
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`)
    for (const [labels, value] of samples) lines.push(sample(name, labels, value))
  }
  for (const [name, { metric: full, labels, help }] of Object.entries(COUNTERS)) {
    metric(full, 'counter', help, samplesOf(name as CounterName, labels, counters))
  }

  lines.push(`# HELP ${DURATION} Time until Heap answered, by who asked.`, `# TYPE ${DURATION} histogram`)
  for (const source of SOURCES) {
    const { counts, sum } = latency[source] ?? { counts: [], sum: 0 }
    const all = counts.reduce((total, times) => total + times, 0)
    for (const { le, times } of cumulative(counts)) lines.push(sample(`${DURATION}_bucket`, { source, le }, times))
    lines.push(
      sample(`${DURATION}_bucket`, { source, le: '+Inf' }, all),
      sample(`${DURATION}_sum`, { source }, sum / 1000),
      sample(`${DURATION}_count`, { source }, all),
    )
  }

  const reached = shards.filter(({ depth }) => depth !== null)
  const ofShards = (value: (shard: (typeof shards)[number]) => number) =>
    reached.map((shard): Sample => [{ app_id: shard.app_id, shard: shard.shard }, value(shard)])
  const age = ofShards(({ oldest_age_s }) => oldest_age_s ?? 0)
  metric(
    'heap_edge_outbox_depth',
    'gauge',
    'Records that wait.',
    ofShards(({ depth }) => depth ?? 0),
  )
  metric('heap_edge_outbox_oldest_age_seconds', 'gauge', 'Age of the oldest record that waits; 0 where none does.', age)
  metric(
    'heap_edge_outbox_set_aside',
    'gauge',
    'Records that were set aside.',
    ofShards(({ set_aside }) => set_aside),
  )
  metric(
    'heap_edge_outbox_failures',
    'gauge',
    'Attempts in a row that Heap did not take.',
    ofShards(({ failures }) => failures),
  )
  const states = (counts: Record<string, number> | undefined) =>
    Object.entries(counts ?? {}).map(([state, count]): Sample => [{ state }, count])
  metric('heap_edge_deletions', 'gauge', 'Deletions by state, at most 10000 of each.', states(deletions?.counts))
  metric('heap_edge_workflow_runs', 'gauge', 'Workflow runs by state, at most 10000 of each.', states(runs?.counts))
  return `${lines.join('\n')}\n`
}

function samplesOf(name: CounterName, labels: readonly string[], counters: Totals['counters']): Sample[] {
  const samples = Object.entries(counters)
    .filter(([key]) => nameOf(key) === name)
    .map(([key, value]): Sample => {
      const values = key.split(' ').slice(1)
      return [Object.fromEntries(labels.map((label, index) => [label, values[index] ?? ''])), value]
    })
  return samples.length === 0 && labels.length === 0 ? [[{}, 0]] : samples
}

function sample(name: string, labels: Record<string, string | number>, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(String(text))}"`)
  return `${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${value}`
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
