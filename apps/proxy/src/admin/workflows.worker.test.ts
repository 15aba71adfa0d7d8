import { runDurableObjectAlarm } from 'cloudflare:test'
import workflows from '#heap.config'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { every, onRun } from '../workflows/define.ts'
import { workflowLedger } from '../workflows/durable.ts'
import { ask, env, inputOf, runsSince } from '../workflows/testing.ts'

/** What the steps of the workflow below have done, and what the second one throws. */
const done: string[] = []
let failure: Error | undefined

// As if heap.config.ts had them.
workflows.push(
  onRun('leads', { run: async () => {} }),
  every('0 5 * * *', {
    name: 'nightly',
    needs: ['SLACK_WEBHOOK_URL'],
    async run({ id, input, step }) {
      await step.do('read', async () => done.push(`read ${id} ${input.scheduledTime}`))
      await step.do('write', async () => {
        if (failure) throw failure
        done.push(`write ${id}`)
      })
    },
  }),
  every('0 6 * * *', { name: 'silent', needs: ['A_SETTING_THAT_IS_NOT_THERE'], run: async () => {} }),
)

const PATH = '/admin/workflows'
const ADMIN = { Authorization: 'Bearer local-admin-token' }

let hour = Date.now()
beforeEach(() => {
  // Ahead of the real time, so that the ledger's alarm rings where a test says so.
  vi.useFakeTimers({ toFake: ['Date'], now: (hour += 3_600_000) })
})
afterEach(async () => {
  // What is over is not started in the next test.
  for (const { id } of await runsSince(hour)) await workflowLedger(env).change(id, 'complete', null)
  vi.useRealTimers()
})

const get = (path = '') => ask(PATH + path, { headers: ADMIN })
const post = (path: string, body?: string) => ask(PATH + path, { method: 'POST', headers: ADMIN, body: body ?? null })

interface Shown {
  id: string
  workflow: string
  state: string
  input: unknown
  input_bytes: number
  problem: string | null
}

async function list(query = '') {
  const response = await get(query)
  expect(response.status).toBe(200)
  return response.json<{ workflows: object[]; runs: Shown[]; next: number | null }>()
}

/** The names of runs that each came with a name. */
const namesOf = (runs: Shown[]) => runs.map(({ input }) => (input as { name: string }[])[0]?.name)

/** Stores runs, oldest first. */
async function received(...names: string[]): Promise<string[]> {
  const all = names.map((name) => ({
    workflow: 'leads',
    trigger: 'run',
    key: `${hour} ${name}`,
    input: JSON.stringify([{ name }]),
  }))
  return (await workflowLedger(env).receive(all)).map(({ id }) => id)
}

describe('without the admin token', () => {
  it.each([
    ['GET', ''],
    ['POST', ''],
    ['GET', '/some-id'],
    ['POST', '/some-id/retry'],
  ])('%s %s is refused', async (method, path) => {
    const body = method === 'POST' ? '{"workflow":"nightly"}' : null
    for (const headers of [
      {},
      { Authorization: 'Bearer local-admin-tokem' },
      { Authorization: 'Bearer local-hook-token' },
    ]) {
      const response = await ask(PATH + path, { method, headers, body })
      expect([response.status, response.headers.get('Cache-Control')]).toEqual([401, 'no-store'])
    }
    expect((await ask(PATH + path, { method, headers: ADMIN, body }, { ADMIN_TOKEN: undefined })).status).toBe(403)
    expect(await runsSince(hour)).toEqual([])
  })
})

describe('runs', () => {
  it('are listed with the workflows that are switched on, newest first, page by page', async () => {
    const [first = '', second = ''] = await received('a', 'b', 'c')
    await workflowLedger(env).change(first, 'errored', 'It failed')
    await workflowLedger(env).change(second, 'complete', null)
    const { workflows, runs, next } = await list('?workflow=leads&limit=2')
    expect(workflows).toEqual(
      expect.arrayContaining([{ name: 'nightly', trigger: { kind: 'schedule', cron: '0 5 * * *' } }]),
    )
    expect(workflows).not.toContainEqual(expect.objectContaining({ name: 'silent' }))
    expect(namesOf(runs)).toEqual(['c', 'b'])
    const rest = await list(`?workflow=leads&limit=2&before=${next}`)
    expect([namesOf(rest.runs), rest.next]).toEqual([['a'], null])
    expect(rest.runs).toEqual([
      {
        id: first,
        workflow: 'leads',
        trigger: 'run',
        state: 'errored',
        created_at: new Date().toISOString(),
        ended_at: new Date().toISOString(),
        problem: 'It failed',
        input_bytes: 14,
        input: [{ name: 'a' }],
        steps: [],
      },
    ])
    expect(namesOf((await list('?state=complete')).runs)).toEqual(['b'])
    expect(await list('?state=complete&workflow=nightly')).toMatchObject({ runs: [], next: null })
    expect(await (await get(`/${first}`)).json()).toEqual(rest.runs[0])
  })

  it('are 50 where nobody says how many, and at most 100', async () => {
    await received(...Array.from({ length: 101 }, (_, i) => `${i}`))
    expect(namesOf((await list()).runs)).toEqual(Array.from({ length: 50 }, (_, i) => `${100 - i}`))
    const { runs, next } = await list('?limit=100')
    expect([runs.length, typeof next]).toEqual([100, 'number'])
    expect((await list('?limit=1')).runs).toHaveLength(1)
  })

  it.each([
    'limit=0',
    'limit=101',
    'limit=-1',
    'limit=1.5',
    'limit=ten',
    'limit=',
    'before=0',
    'before=x',
    'before=1e400',
    'state=done',
    'state=',
  ])('are not listed for %s', async (query) => {
    const response = await get(`?${query}`)
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { type: '/docs#invalid-body', detail: expect.stringMatching(`^${query.split('=')[0]} must be`) },
    ])
  })

  it('are shown with an input up to 2 kB in a list, up to 1 MB alone', async () => {
    const [small = '', middle = '', large = ''] = await received('s', 'm'.repeat(5000), 'l'.repeat(1_000_000))
    const { runs } = await list('?limit=3')
    expect(runs.map(({ input }) => input)).toEqual([null, null, [{ name: 's' }]])
    expect(runs.map(({ input_bytes }) => input_bytes)).toEqual([1_000_013, 5013, 14])
    const alone = async (id: string) => (await (await get(`/${id}`)).json<Shown>()).input
    expect(await alone(middle)).toEqual(await inputOf(middle))
    expect([await alone(small), await alone(large)]).toEqual([[{ name: 's' }], null])
  })

  it.each(['', '/retry'])('that are not there are not found%s', async (path) => {
    const response = await (path ? post(`/leads-none${path}`) : get('/leads-none'))
    expect([response.status, await response.json()]).toMatchObject([404, { type: '/docs#not-found' }])
  })
})

describe('a schedule', () => {
  it.each<[string, number, string[]?]>([
    ['{"workflow":"leads"}', 400, ['/workflow']],
    ['{"workflow":5}', 400, ['/workflow']],
    ['{}', 400, ['/workflow']],
    ['[]', 400, ['/workflow']],
    ['{', 400, ['/workflow']],
    ['{"workflow":"none"}', 404],
    ['{"workflow":"silent"}', 404],
  ])('%s is answered %i', async (body, status, pointers) => {
    const response = await post('', body)
    const { errors } = await response.json<{ errors?: { pointer: string }[] }>()
    expect([response.status, errors?.map(({ pointer }) => pointer)]).toEqual([status, pointers])
    expect(await runsSince(hour)).toEqual([])
  })

  it('has no name of more than 10 kB', async () => {
    expect((await post('', `{"workflow":"nightly"${' '.repeat(10_000)}}`)).status).toBe(413)
    expect(await runsSince(hour)).toEqual([])
  })

  it('is run now; where it failed, it goes on at the step that did when it is told to', async () => {
    failure = new Error(`${String(Reflect.get(env, 'SLACK_WEBHOOK_URL'))} said no`)
    failure.name = 'OptionError'
    const response = await post('', '{"workflow":"nightly"}')
    const { runs } = await response.json<{ runs: { id: string }[] }>()
    const id = runs[0]?.id ?? ''
    expect([response.status, runs]).toEqual([202, [{ workflow: 'nightly', id, known: false }]])
    const run = async () => (await get(`/${id}`)).json<Shown>()
    const state = async () => (await run()).state
    expect(await run()).toMatchObject({
      state: 'received',
      input: { scheduledTime: new Date().toISOString() },
      steps: [],
    })

    await runDurableObjectAlarm(workflowLedger(env))
    await expect.poll(state, { timeout: 20_000 }).toBe('errored')
    expect(await run()).toMatchObject({
      problem: expect.stringMatching(/ said no$/),
      steps: [
        { name: 'read', state: 'complete', attempts: 1, problem: null },
        { name: 'write', state: 'errored', attempts: 1, problem: expect.stringMatching(/ said no$/) },
      ],
    })
    const shown = [await (await get(`/${id}`)).text(), await (await get()).text()]

    failure = undefined
    const retried = await post(`/${id}/retry`)
    expect([retried.status, await retried.clone().json()]).toMatchObject([202, { id, problem: null }])
    shown.push(await retried.text())
    await expect.poll(state, { timeout: 20_000 }).toBe('complete')
    expect(await run()).toMatchObject({ problem: null, steps: [{ state: 'complete' }, { state: 'complete' }] })
    expect(done).toEqual([`read ${id} ${new Date(hour).toISOString()}`, `write ${id}`])

    const again = await post(`/${id}/retry`)
    expect([again.status, await again.json()]).toMatchObject([409, { type: '/docs#nothing-to-retry' }])
    for (const [name, value] of Object.entries(env)) {
      if (typeof value !== 'string' || !/TOKEN|SECRET|KEY|SLACK/.test(name)) continue
      expect(shown.join()).not.toContain(value)
    }
  })

  it('that the platform has forgotten begins anew only where somebody says so', async () => {
    const input = JSON.stringify({ scheduledTime: new Date().toISOString() })
    const ledger = workflowLedger(env)
    const [run] = await ledger.receive([{ workflow: 'nightly', trigger: 'schedule', key: `forgotten ${hour}`, input }])
    const id = run?.id ?? ''
    // No instance was ever made for it.
    await ledger.step(id, { name: 'read', state: 'complete', attempts: 1, problem: null })
    await ledger.change(id, 'errored', 'No')
    const refused = await post(`/${id}/retry`)
    expect([refused.status, await refused.json()]).toMatchObject([409, { type: '/docs#run-forgotten' }])
    expect(await (await get(`/${id}`)).json()).toMatchObject({ state: 'errored', problem: 'No' })

    expect((await post(`/${id}/retry?anew=true`)).status).toBe(202)
    await expect.poll(async () => (await ledger.get(id))?.state, { timeout: 20_000 }).toBe('complete')
    expect(done.filter((what) => what.includes(id))).toEqual([expect.stringContaining('read'), `write ${id}`])
  })
})
