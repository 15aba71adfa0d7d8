import { describe, expect, it } from 'vitest'
import { Faults, parseFault } from './faults.ts'

describe('parseFault', () => {
  it.each([
    [{ status: 503 }, { status: 503 }],
    [{ status: 429, retryAfter: 7, times: 3, path: '/api/track', rate: 0.5 }, undefined],
    [{ status: 503, retryAfter: 'Wed, 21 Oct 2026 07:28:00 GMT' }, undefined],
    [{ latencyMs: 60_000 }, undefined],
    [{ drop: true }, { drop: 'after' }],
    [{ drop: 'before', rate: 0 }, undefined],
  ])('takes %j', (body, fault) => {
    expect(parseFault(body)).toEqual(fault ?? body)
  })

  it.each([
    [undefined, /JSON object/],
    [[], /JSON object/],
    [{}, /at least one/],
    [{ path: '/api/track' }, /at least one/],
    [{ path: '/_sandbox/reset', status: 500 }, /^path /],
    [{ status: 199 }, /^status /],
    [{ status: 600 }, /^status /],
    [{ status: '500' }, /^status /],
    [{ status: 500, rate: 1.1 }, /^rate /],
    [{ status: 500, times: 0 }, /^times /],
    [{ status: 500, times: 1.5 }, /^times /],
    [{ latencyMs: Infinity }, /^latencyMs /],
    [{ status: 500, retryAfter: 'a\r\nb: c' }, /^retryAfter /],
    [{ status: 500, retryAfter: -1 }, /^retryAfter /],
    [{ latencyMs: 1, retryAfter: 1 }, /retryAfter belongs/],
    [{ drop: false }, /^drop /],
    [{ drop: true, status: 500 }, /not both/],
    [{ status: 500, delay: 5 }, /nothing else/],
    [JSON.parse('{"__proto__":1}'), /nothing else/],
  ])('refuses %j in a sentence', (body, sentence) => {
    expect(parseFault(body)).toMatch(sentence)
  })
})

describe('Faults', () => {
  it('hit a path and what lies below it, so many times', () => {
    const faults = new Faults([{ path: '/api/public/v0/deletion_status', status: 500, times: 2 }])
    expect(faults.hit('/api/track').instead).toBeUndefined()
    expect(faults.hit('/api/public/v0/deletion_status_x').instead).toBeUndefined()
    expect(faults.hit('/api/public/v0/deletion_status/1').instead?.status).toBe(500)
    expect(faults.active).toMatchObject([{ times: 1 }])
    expect(faults.hit('/api/public/v0/deletion_status').instead?.status).toBe(500)
    expect(faults.active).toEqual([])
    expect(faults.hit('/api/public/v0/deletion_status').instead).toBeUndefined()
  })

  it('come one after the other, oldest first', () => {
    const faults = new Faults([{ status: 503, times: 1 }])
    faults.add({ status: 429, times: 1, retryAfter: 7 })
    faults.add({ drop: 'after', times: 1 })
    const seen = Array.from({ length: 4 }, () => faults.hit('/api/track').instead)
    expect(seen.map((fault) => fault?.status ?? fault?.drop)).toEqual([503, 429, 'after', undefined])
  })

  it('that only delay add up, and let the next one hit', () => {
    const faults = new Faults([
      { latencyMs: 100 },
      { latencyMs: 50, path: '/api/track' },
      { status: 500, latencyMs: 1 },
    ])
    expect(faults.hit('/api/track')).toMatchObject({ latencyMs: 151, instead: { status: 500 } })
    expect(faults.hit('/api/v1/identify')).toMatchObject({ latencyMs: 101 })
  })

  it('hit at their rate', () => {
    const dice = [0, 0.29, 0.3, 0.99]
    const faults = new Faults([{ status: 500, rate: 0.3 }], () => dice.shift() as number)
    const hits = Array.from({ length: 4 }, () => faults.hit('/api/track').instead !== undefined)
    expect(hits).toEqual([true, true, false, false])
    expect(new Faults([{ status: 500, rate: 0 }], () => 0).hit('/api/track').instead).toBeUndefined()
    expect(new Faults([{ status: 500, rate: 1 }], () => 0.999_999).hit('/api/track').instead).toBeDefined()
  })

  it('are 100 at most', () => {
    const faults = new Faults()
    for (let i = 0; i < 100; i++) expect(faults.add({ status: 500 })).toBe(true)
    expect(faults.add({ status: 500 })).toBe(false)
    faults.clear()
    expect(faults.active).toEqual([])
  })
})
