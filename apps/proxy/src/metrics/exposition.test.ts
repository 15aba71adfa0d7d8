import fc from 'fast-check'
import parse from 'parse-prometheus-text-format'
import { expect, it } from 'vitest'
import { COUNTERS, type CounterName, keyOf, SOURCES } from './counters.ts'
import { exposition } from './exposition.ts'
import { Meter } from './meter.ts'
import type { Overview } from './overview.ts'

const overview: Overview = {
  at: '2026-11-24T06:00:00.000Z',
  limits: { requests: 30, requests_s: 30, events: 1000, events_s: 60 },
  shards: [
    {
      app_id: '1',
      shard: 0,
      depth: 7,
      oldest_age_s: 90,
      set_aside: 2,
      failures: 3,
      problem: 'Heap answered 503',
      next_attempt: null,
    },
    {
      app_id: '1',
      shard: 1,
      depth: null,
      oldest_age_s: null,
      set_aside: 0,
      failures: 0,
      problem: null,
      next_attempt: null,
    },
  ],
  deletions: { counts: { pending: 4, complete: 5 }, newest: [] },
  runs: null,
  set_aside: { count: 2, oldest: [] },
}

const label = fc.stringMatching(/^[^\s]{1,12}$/)
const counted = fc.record({
  name: fc.constantFrom(...(Object.keys(COUNTERS) as CounterName[])),
  labels: fc.tuple(label, label, label),
  times: fc.integer({ min: 1, max: 1e12 }),
})
const asked = fc.record({ source: fc.constantFrom(...SOURCES), ms: fc.nat(300_000) })

it('is read by a parser that others wrote, with all that was counted', () => {
  fc.assert(
    fc.property(fc.array(counted), fc.array(asked), (all, requests) => {
      const meter = new Meter()
      const sums = new Map<string, number>()
      for (const { name, labels, times } of all) {
        const own = labels.slice(0, COUNTERS[name].labels.length)
        const key = keyOf(name, ...own)
        sums.set(key, (sums.get(key) ?? 0) + times)
        meter.count(name, times, ...own)
      }
      for (const { source, ms } of requests) meter.heap(source, 'taken', ms)
      const { counters, latency } = meter.take()
      const text = exposition({ counters, latency }, overview)
      const families = new Map(parse(text).map((one) => [one.name, one]))

      for (const [name, { metric, labels }] of Object.entries(COUNTERS)) {
        const family = families.get(metric)
        // The parser leaves out what has no sample.
        for (const { labels: found = {}, value } of family?.metrics ?? []) {
          const key = keyOf(name as CounterName, ...labels.map((one) => found[one] ?? ''))
          if (name !== 'answers' && sums.has(key)) expect(Number(value)).toBe(sums.get(key))
        }
        const keys = [...sums.keys()].filter((key) => key.split(' ')[0] === name)
        expect(family?.metrics.length ?? 0).toBeGreaterThanOrEqual(keys.length)
        if (family) expect(family.type).toBe('COUNTER')
      }
      for (const source of SOURCES) {
        // The parser knows histograms without labels only.
        const isOther = (line: string) => SOURCES.some((one) => one !== source && line.includes(`source="${one}"`))
        const own = text.split('\n').filter((line) => !isOther(line))
        const plain = own.join('\n').replaceAll(`{source="${source}"}`, '').replaceAll(`source="${source}",`, '')
        const duration = parse(plain).find(({ name }) => name === 'heap_edge_heap_request_duration_seconds')
        expect(duration?.type).toBe('HISTOGRAM')
        const times = requests.filter((one) => one.source === source).map(({ ms }) => ms)
        const [found] = duration?.metrics ?? []
        expect(Number(found?.count)).toBe(times.length)
        expect(Number(found?.sum)).toBeCloseTo(times.reduce((sum, ms) => sum + ms, 0) / 1000)
        expect(Object.keys(found?.buckets ?? {})).toHaveLength(19)
        for (const [le, count] of Object.entries(found?.buckets ?? {})) {
          expect(Number(count)).toBe(times.filter((ms) => le === '+Inf' || ms <= Number(le) * 1000).length)
        }
      }
    }),
    { numRuns: 50 },
  )
})

it('tells how things stand, and leaves out what could not be asked', () => {
  const families = new Map(
    parse(exposition({ counters: {}, latency: {} }, overview)).map(({ name, type, metrics }) => [
      name,
      { type, metrics },
    ]),
  )
  const shard = { app_id: '1', shard: '0' }
  expect(families.get('heap_edge_outbox_depth')).toEqual({ type: 'GAUGE', metrics: [{ labels: shard, value: '7' }] })
  expect(families.get('heap_edge_outbox_oldest_age_seconds')?.metrics).toEqual([{ labels: shard, value: '90' }])
  expect(families.get('heap_edge_deletions')?.metrics).toEqual([
    { labels: { state: 'pending' }, value: '4' },
    { labels: { state: 'complete' }, value: '5' },
  ])
  expect(families.get('heap_edge_workflow_runs')?.metrics ?? []).toEqual([])
})
