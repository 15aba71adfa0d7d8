import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ActiveWorkflow } from '../workflows/active.ts'
import { defineConfig, every, onDeletion, onEvent, onRun, onSegment } from '../workflows/define.ts'
import { contentKey } from '../json.ts'
import { deletionRuns, drainRuns, eventRuns, segmentRuns } from './select.ts'

const run = async () => {}
const workflows = new Map<string, ActiveWorkflow>(
  defineConfig([
    onEvent('Signup', { name: 'signup', run }),
    onEvent('*', { name: 'all-events', run }),
    onSegment('Buyers', { name: 'buyers', added: run, removed: run, drained: run }),
    onSegment('*', { name: 'all-segments', added: run, drained: run }),
    onRun('leads', { run }),
    every('0 3 * * *', { name: 'night', run }),
    onDeletion('complete', { name: 'gone', run }),
    onDeletion('overdue', { name: 'late', run }),
  ]).map((workflow) => [workflow.name, { workflow, settings: {} }]),
)

const names = (triggered: { workflow: string }[]) => triggered.map(({ workflow }) => workflow)

describe('an event', () => {
  it.each<[object, string[]]>([
    [{ event: 'Signup' }, ['signup', 'all-events']],
    [{ event: 'signup' }, ['all-events']],
    [{ event: '*' }, ['all-events']],
    [{ event: { name: 'Signup' } }, ['all-events']],
    [{}, ['all-events']],
  ])('%j triggers %j', (body, expected) => {
    expect(names(eventRuns(workflows, { ...body }))).toEqual(expected)
  })

  it('is given flat, without what is empty', () => {
    const body = { event: 'Signup', city: '', user: { identity: 'a', email: '' }, n: 0, no: false }
    expect(JSON.parse(eventRuns(workflows, body)[0]?.input ?? '')).toEqual({
      event: 'Signup',
      properties: { event: 'Signup', 'user.identity': 'a', n: 0, no: false },
    })
  })
})

describe('a segment', () => {
  const segment = { id: 5, name: 'Buyers' }
  it.each<[string[], string[], string[]]>([
    [['a'], ['b'], ['buyers-added', 'buyers-removed', 'all-segments-added']],
    [['a'], [], ['buyers-added', 'all-segments-added']],
    [[], ['b'], ['buyers-removed']],
    [[], [], []],
  ])('that %j entered and %j left triggers %j', (added, removed, expected) => {
    const runs = segmentRuns(workflows, 't', { segment, added, removed })
    expect(names(runs)).toEqual(expected)
    for (const { workflow, input } of runs) {
      expect(JSON.parse(input)).toEqual({ segment, users: workflow.endsWith('added') ? added : removed })
    }
  })

  it('of another name triggers those for all', () => {
    expect(names(segmentRuns(workflows, 't', { segment: { id: 6, name: 'x' }, added: ['a'], removed: [] }))).toEqual([
      'all-segments-added',
    ])
  })

  it('that is empty triggers what waits for that, and is known for ten minutes', () => {
    const [first, second] = [drainRuns(workflows, segment, 0), drainRuns(workflows, { ...segment }, 0)]
    expect(names(first)).toEqual(['buyers-drained', 'all-segments-drained'])
    expect(first[0]).toMatchObject({ windowMs: 600_000, input: JSON.stringify({ segment, users: [] }) })
    expect(second).toEqual(first)
    expect(drainRuns(workflows, { ...segment, id: 6 }, 0)[0]?.key).not.toBe(first[0]?.key)
    // Users have entered it meanwhile.
    expect(drainRuns(workflows, segment, 1)[0]?.key).not.toBe(first[0]?.key)
  })
})

it('a deletion triggers what waits for its end', () => {
  const body = JSON.stringify({ type: 'deletion.complete', data: { id: 'd', users: 3 } })
  expect(deletionRuns(workflows, 'notice-1', body)).toEqual([
    { workflow: 'gone', trigger: 'deletion', key: 'notice-1', input: '{"id":"d","users":3}' },
  ])
  expect(names(deletionRuns(workflows, 'n', body.replace('complete', 'overdue')))).toEqual(['late'])
  expect(deletionRuns(workflows, 'n', body.replace('complete', 'new'))).toEqual([])
})

describe('content', () => {
  /** The same, with the fields of all objects the other way round. */
  function turned(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(turned)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value)
        .map(([key, part]) => [key, turned(part)] as const)
        .toReversed(),
    )
  }

  it('is the same in whatever order its fields come, and no other', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        expect(contentKey(turned(one))).toBe(contentKey(one))
        const isSame = JSON.stringify(one) === JSON.stringify(other)
        if (!isSame && typeof one !== 'object') expect(contentKey(one)).not.toBe(contentKey(other))
      }),
    )
    const different = [[], {}, [{}], [[]], null, 'a', '["a"]', ['a'], ['a', 'b'], ['b', 'a'], { a: 1 }, { a: '1' }]
    expect(new Set(different.map(contentKey)).size).toBe(different.length)
  })

  it('has fields of any name', () => {
    const strange = JSON.parse('{"__proto__":{"a":1},"constructor":2,"10":3,"2":4}') as unknown
    expect(contentKey(strange)).toBe(contentKey(turned(strange)))
    expect(contentKey(strange)).not.toBe(contentKey(JSON.parse('{"constructor":2,"10":3,"2":4}')))
  })
})
