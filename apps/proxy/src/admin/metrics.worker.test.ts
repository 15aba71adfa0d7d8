import * as workers from 'cloudflare:workers'
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { app } from '../app.ts'
import type { Env } from '../env.ts'
import type { Series, State } from '../metrics/types.ts'

const env = workers.env as unknown as Env
const ADMIN = { Authorization: 'Bearer local-admin-token' }
const SOON = { timeout: 30_000 }

let heapStatus: number
let lines: Record<string, unknown>[]

// For good: what waits in the outbox goes on after a test.
beforeAll(() => {
  vi.spyOn(globalThis, 'fetch').mockImplementation(async () => new Response('{}', { status: heapStatus }))
  for (const level of ['log', 'warn', 'error'] as const) {
    vi.spyOn(console, level).mockImplementation((line: string) => {
      lines.push(JSON.parse(line) as Record<string, unknown>)
    })
  }
})
beforeEach(() => {
  heapStatus = 200
  lines = []
})

async function call(path: string, init: RequestInit = {}, settings: Record<string, unknown> = {}) {
  return app.fetch(new Request(`https://edge.example${path}`, init), { ...env, ...settings })
}

function post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  const init = {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
  }
  return call(path, init)
}

let serial = 0
const somebody = () => `observed-${serial++}@example.com`

/** The value of a line of the text for Prometheus. */
async function metric(name: string): Promise<number> {
  const text = await (await call('/admin/metrics', { headers: ADMIN })).text()
  const line = text.split('\n').find((one) => one.startsWith(name))
  return Number(line?.slice(line.lastIndexOf(' ') + 1) ?? 0)
}

interface StreamEvent {
  event: string
  data: unknown
}

/** The first events of a stream. */
async function eventsOf(response: Response, most: number): Promise<StreamEvent[]> {
  const reader = (response.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  while (text.split('\n\n').length <= most) text += (await reader.read()).value ?? ''
  await reader.cancel()
  return text
    .split('\n\n')
    .slice(0, most)
    .map((block) => {
      const [, event = '', data = ''] = /^event: (\w+)\ndata: (.*)$/.exec(block) ?? []
      return { event, data: JSON.parse(data) as unknown }
    })
}

describe.each(['/admin/metrics', '/admin/live'])('%s', (path) => {
  it('is for the admin token only', async () => {
    expect((await call(path)).status).toBe(401)
    expect((await call(path, { headers: { Authorization: 'Bearer wrong-token' } })).status).toBe(401)
    expect((await call(`${path}?token=local-admin-token`)).status).toBe(401)
    expect((await call(path, { headers: ADMIN }, { ADMIN_TOKEN: undefined })).status).toBe(403)
  })

  it('is stored by nobody', async () => {
    const response = await call(path, { headers: ADMIN })
    expect(response.headers.get('Cache-Control')).toBe('no-store')
    await response.body?.cancel()
  })
})

describe('figures', () => {
  it('count each record by what became of it, and hold no identity', async () => {
    const identity = somebody()
    const delivered = 'heap_edge_records_delivered_total{app_id="123456789",route="/api/track",source="live"}'
    const queued = 'heap_edge_records_queued_total{app_id="123456789",route="/api/track"}'
    const refused = 'heap_edge_records_refused_total{app_id="987654321",route="/api/track",problem="invalid-body"}'
    const [before, queuedBefore] = [await metric(delivered), await metric(queued)]
    expect((await post('/api/track', { events: [1, 2, 3].map((n) => ({ event: `e${n}`, identity })) })).status).toBe(
      200,
    )
    expect((await post('/api/track', { app_id: '987654321', events: [{}, {}] })).status).toBe(400)
    heapStatus = 503
    expect((await post('/api/track', { event: 'later', identity })).status).toBe(202)
    await expect.poll(() => metric(delivered), SOON).toBe(before + 3)
    await expect.poll(() => metric(queued), SOON).toBe(queuedBefore + 1)
    await expect.poll(() => metric(refused), SOON).toBe(2)
    expect(await metric('heap_edge_heap_requests_total{source="live",answer="failed"}')).toBe(1)
    expect(await metric('heap_edge_requests_refused_total{route="/api/track",problem="invalid-body"}')).toBe(1)
    expect(await (await call('/admin/metrics', { headers: ADMIN })).text()).not.toContain(identity)
  })

  it('never stand in the way of a request', async () => {
    const METRICS = {
      getByName() {
        throw new Error('There is no such object')
      },
    }
    const ANALYTICS = {
      writeDataPoint() {
        throw new Error('There is no such dataset')
      },
    }
    const body = JSON.stringify({ event: 'e', identity: somebody() })
    const init = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body }
    // What another test has begun to report is given up, so that the next report is that of this request.
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 })
    expect((await call('/api/track', init, { METRICS, ANALYTICS })).status).toBe(200)
    vi.useRealTimers()
    // What comes next tells that something was lost.
    await expect
      .poll(async () => {
        await post('/api/track', { event: 'e', identity: somebody() })
        return metric('heap_edge_metrics_lost_total')
      }, SOON)
      .toBeGreaterThan(0)
  })

  it('go to Analytics Engine where it is bound, in few points', async () => {
    const points: { indexes: string[]; blobs: string[]; doubles: number[] }[] = []
    const ANALYTICS = { writeDataPoint: (point: (typeof points)[number]) => points.push(point) }
    const identity = somebody()
    await expect
      .poll(async () => {
        const body = JSON.stringify({ event: 'e', identity })
        const init = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body }
        await call('/api/track', init, { ANALYTICS })
        return points.some(({ blobs }) => blobs.join(' ') === 'delivered 123456789 /api/track live')
      }, SOON)
      .toBe(true)
    expect(points.length).toBeLessThanOrEqual(25)
    expect(JSON.stringify(points)).not.toContain(identity)
    for (const { indexes, blobs, doubles } of points) {
      expect(indexes).toEqual([blobs[0]])
      expect(doubles).toHaveLength(1)
    }
  })
})

describe('the stream', () => {
  it('begins with all figures, at once', async () => {
    const identity = somebody()
    for (let n = 0; n < 4; n++) await post('/api/track', { events: [1, 2].map(() => ({ event: 'e', identity })) })
    await expect
      .poll(async () => {
        const response = await call('/admin/live', { headers: ADMIN })
        expect(response.headers.get('Content-Type')).toContain('text/event-stream')
        const [series, state] = (await eventsOf(response, 2)) as [StreamEvent, StreamEvent]
        expect([series.event, state.event]).toEqual(['series', 'state'])
        expect((series.data as Series).accepted).toHaveLength(360)
        const { busiest, shards, limits } = state.data as State
        expect(shards).toHaveLength(8)
        expect(limits).toEqual({ requests: 30, requests_s: 30, events: 1000, events_s: 60 })
        return busiest.find(({ who }) => who === identity)
      }, SOON)
      .toMatchObject({ app_id: '123456789', kind: 'identity', requests: 4, events: 8 })
  })

  it.each([
    ['quarter', 90, 10],
    ['day', 1440, 60],
    ['week', 1008, 600],
  ])('shows a %s', async (range, steps, step_s) => {
    const response = await call(`/admin/live?range=${range}`, { headers: ADMIN })
    const [series] = (await eventsOf(response, 1)) as [StreamEvent]
    expect(series.data).toMatchObject({ step_s })
    expect((series.data as Series).delivered).toHaveLength(steps)
  })

  it('refuses what is no range', async () => {
    for (const range of ['year', 'toString']) {
      expect((await call(`/admin/live?range=${range}`, { headers: ADMIN })).status).toBe(400)
    }
  })
})

describe('each answer', () => {
  it('has an id of its own, whatever the sender says, and pages may read it', async () => {
    const own = { 'Heap-Edge-Request-Id': 'mine', Origin: 'https://shop.example' }
    const answers = [
      await post('/api/track', { event: 'e', identity: somebody() }, own),
      await post('/api/track', {}, own),
      await call('/api/track', { method: 'OPTIONS', headers: own }),
      await call('/nothing', { headers: own }),
      await call('/healthz', { headers: own }),
      await call('/', { headers: own }),
      await call('/admin/outbox', { headers: own }),
      await call('/heap-edge.js', { headers: own }),
      await call('/admin', { headers: own }),
      await call('/admin/raw/api/x', { headers: { ...own, ...ADMIN } }),
      await call('/docs', { headers: own }),
    ]
    const ids = answers.map(({ headers }) => headers.get('Heap-Edge-Request-Id'))
    for (const id of ids) expect(id).toMatch(/^[\da-f]{16}-[\da-z]+$/)
    expect(new Set(ids).size).toBe(ids.length)
    expect(answers[0]?.headers.get('Access-Control-Expose-Headers')).toContain('Heap-Edge-Request-Id')
  })
})

describe('the log', () => {
  it('has a line for what is refused or queued, and none for what is delivered', async () => {
    expect((await post('/api/track', { event: 'e', identity: somebody() })).status).toBe(200)
    expect(lines).toEqual([])

    const refused = await post('/api/track', { app_id: '123456789', events: [{}, {}, {}] })
    heapStatus = 503
    const queued = await post('/api/track', { event: 'e', identity: somebody() })
    await post('/hooks/event/a-token-that-is-wrong', {})
    await call('/admin/outbox/x/y', { headers: ADMIN })
    await call('/api/public/v0/deletion_status/7')
    const line = { at: expect.any(String), ms: expect.any(Number), request_id: expect.any(String), method: 'POST' }
    expect(lines).toEqual([
      {
        ...line,
        level: 'warn',
        message: 'request rejected',
        request_id: refused.headers.get('Heap-Edge-Request-Id'),
        route: '/api/track',
        status: 400,
        outcome: 'rejected',
        problem: 'invalid-body',
        app_id: '123456789',
        records: 3,
      },
      {
        ...line,
        level: 'info',
        message: 'request queued',
        request_id: queued.headers.get('Heap-Edge-Request-Id'),
        route: '/api/track',
        status: 202,
        outcome: 'queued',
        app_id: '123456789',
        records: 1,
      },
      {
        ...line,
        level: 'warn',
        message: 'request rejected',
        route: '/hooks/event/:token',
        status: 401,
        outcome: 'rejected',
        problem: 'hook-unauthorized',
      },
      {
        ...line,
        level: 'warn',
        message: 'request rejected',
        method: 'GET',
        route: '/admin/outbox/*',
        status: 404,
        outcome: 'rejected',
        problem: 'not-found',
      },
      {
        ...line,
        level: 'warn',
        message: 'request rejected',
        method: 'GET',
        route: '/api/public/v0/deletion_status/:deletion_request_id',
        status: 401,
        outcome: 'rejected',
        problem: 'unauthorized',
      },
    ])
  })
})
