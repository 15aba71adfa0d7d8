import { runInDurableObject } from 'cloudflare:test'
import workflows from '#heap.config'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { every, onEvent, onRun } from '../workflows/define.ts'
import { workflowLedger } from '../workflows/durable.ts'
import { ask, env, inputOf, runsSince } from '../workflows/testing.ts'

const run = async () => {}
// As if heap.config.ts had them.
workflows.push(
  onEvent('Signup', { name: 'signup', run }),
  onRun('leads', { run }),
  onRun('other-leads', { run }),
  onRun('silent', { needs: ['A_SETTING_THAT_IS_NOT_THERE'], run }),
  every('0 5 * * *', { name: 'night', run }),
)

const MINUTE_MS = 60_000
const EVENT = 'event/local-hook-token'
const LEADS = 'run/leads/local-hook-token'

let hour = Date.now()
beforeEach(() => {
  // Ahead of the real time, so that the ledger's alarm does not ring.
  vi.useFakeTimers({ toFake: ['Date'], now: (hour += 60 * MINUTE_MS) })
})
afterEach(() => {
  vi.useRealTimers()
})

const post = (path: string, body: BodyInit, headers: Record<string, string> = {}, settings: object = {}) =>
  ask(`/hooks/${path}`, { method: 'POST', body, headers }, settings)

/** What a test has stored, oldest first. */
const stored = () => runsSince(hour)

interface Answer {
  runs: { workflow: string; id: string; known: boolean }[]
}

async function started(path: string, body: unknown, headers?: Record<string, string>) {
  const response = await post(path, JSON.stringify(body), headers)
  const { runs } = await response.json<Answer>()
  return { status: response.status, ...runs[0] }
}

describe('who may not', () => {
  const secret = { HOOK_HEADER: 'X-Secret: a long secret' }
  const basic = { HOOK_HEADER: 'Authorization: Basic dXNlcjpwYXNzd29yZA==' }
  const signature = `ts:${Date.now()},hmac:${'A'.repeat(43)}=`
  it.each<[string, string, Record<string, string>?, object?]>([
    ['a wrong token', 'event/local-hook-tokem'],
    ['a part of the token', 'event/local-hook-toke'],
    ['no token', 'event'],
    ['the token where none is set', EVENT, {}, { HOOK_TOKEN: undefined }],
    ['what stands for nothing where none is set', 'event/undefined', {}, { HOOK_TOKEN: undefined }],
    ['the token without the header', EVENT, {}, secret],
    ['the token with another header', EVENT, { 'X-Secret': 'a long secreT' }, secret],
    ['the token with half of the header', EVENT, { 'X-Secret': 'a long' }, secret],
    ['the token with another password', EVENT, { Authorization: 'Basic dXNlcjpwYXNzd29yZB==' }, basic],
    ['the header with a wrong token', 'event/local-hook-tokem', { 'X-Secret': 'a long secret' }, secret],
    ['a wrong token, for records', 'run/leads/local-hook-tokem'],
    ['no token, for records', 'run/leads'],
    ['a wrong token, for a workflow that is not there', 'run/none/local-hook-tokem'],
    ['no signature', 'segment'],
    ['a signature of nothing', 'segment', { 'Heap-Hash': signature }],
    ['a signature where no secret is set', 'segment', { 'Heap-Hash': signature }, { WEBHOOK_SECRET: undefined }],
  ])('sends %s', async (_, path, headers, settings) => {
    // Whatever comes, nobody looks at it.
    for (const body of ['{"event":"Signup"}', '[{}]', '{', 'x'.repeat(1_000_001)]) {
      const response = await post(path, body, headers, settings)
      expect([response.status, response.headers.get('Content-Type')]).toEqual([401, 'application/problem+json'])
      expect(await response.json()).toEqual({
        type: '/docs#hook-unauthorized',
        title: 'This is not allowed',
        status: 401,
        detail: 'The token or the signature does not hold.',
      })
    }
    expect(await stored()).toEqual([])
  })

  it.each([
    [secret, { 'x-secret': 'a long secret' }],
    [basic, { Authorization: 'Basic dXNlcjpwYXNzd29yZA==' }],
  ])('does not send %j', async (settings, headers) => {
    expect((await post(EVENT, '{"event":"Signup"}', headers, settings)).status).toBe(202)
  })
})

describe('what is not right', () => {
  const tooDeep = { event: 'Signup', user: { name: { first: 'a' }, tags: [1] }, 'a/b': [] }
  const first500 = Array.from({ length: 500 }, (_, i) => i)
  const lists = Object.fromEntries(first500.map((i) => [i, []]))
  const pointersTo = (place: string) => first500.slice(0, 100).map((i) => `${place}${i}`)
  it.each<[string, string, unknown, string[]]>([
    ['an event with more than one level', EVENT, tooDeep, ['/user/name', '/user/tags', '/a~1b']],
    ['an event with 500 lists', EVENT, { lists }, pointersTo('/lists/')],
    ['a list of events', EVENT, [{ event: 'Signup' }], ['']],
    ['a text as an event', EVENT, 'Signup', ['']],
    ['null as an event', EVENT, null, ['']],
    ['half an event', EVENT, undefined, ['']],
    ['a record that is in no list', LEADS, { email: 'a@example.com' }, ['']],
    ['no records', LEADS, [], ['']],
    ['records that are none', LEADS, [{}, [], 'a', null], ['/1', '/2', '/3']],
    ['more than 100,000 records', LEADS, Array<unknown>(100_001).fill({}), ['']],
    ['500 numbers', LEADS, first500, pointersTo('/')],
    [
      'a record that nobody could look into',
      LEADS,
      [{}, JSON.parse(`{"a":${'['.repeat(5000)}${']'.repeat(5000)}}`)],
      ['/1'],
    ],
    ['half a list', LEADS, undefined, ['']],
  ])('is %s', async (_, path, body, pointers) => {
    const response = await post(path, JSON.stringify(body) ?? '[{"event":"Sign')
    expect([response.status, response.headers.get('Content-Type')]).toEqual([400, 'application/problem+json'])
    const { errors } = await response.json<{ errors: { pointer: string; detail: string }[] }>()
    expect(errors.map(({ pointer }) => pointer)).toEqual(pointers)
    expect(await stored()).toEqual([])
  })

  it.each(['', 'with blanks', 'a'.repeat(256)])('has the Idempotency-Key %j', async (key) => {
    expect((await post(LEADS, '[{}]', { 'Idempotency-Key': key })).status).toBe(400)
  })

  it.each(['none', 'silent', 'signup', 'night', '__proto__'])('is meant for %s', async (name) => {
    const response = await post(`run/${name}/local-hook-token`, '[{}]')
    expect([response.status, await response.json()]).toMatchObject([404, { type: '/docs#not-found' }])
    expect(await stored()).toEqual([])
  })

  it.each([EVENT, LEADS, 'segment'])('comes to %s by another method', async (path) => {
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const response = await ask(`/hooks/${path}`, { method })
      expect([response.status, response.headers.get('Allow')]).toEqual([405, 'POST'])
    }
  })

  it.each([
    [EVENT, 1_000_000, '{"event":"Signup","a":"', '"}'],
    [LEADS, 10_000_000, '[{"a":"', '"}]'],
  ])('comes to %s with more than %i bytes', async (path, most, begin, end) => {
    const bodyOf = (bytes: number) => begin + 'a'.repeat(bytes - begin.length - end.length) + end
    const inParts = new Blob([bodyOf(most + 1)]).stream()
    for (const body of [bodyOf(most + 1), inParts]) {
      expect((await post(path, body)).status).toBe(413)
    }
    expect(await stored()).toEqual([])
    expect((await post(path, bodyOf(most))).status).toBe(202)
  })
})

describe('what is right', () => {
  const words = '漢字 é 😀 '.repeat(4300)
  const records = Array.from({ length: 10_000 }, (_, i) => ({
    email: `${i}@example.com`,
    a: '',
    words: words.slice(0, 280),
  }))
  it.each<[string, string, unknown, unknown]>([
    [
      'an event of 64 kB, without what is empty',
      EVENT,
      { event: 'Signup', plan: '', user: { identity: 'a', email: '', words }, n: 0, no: false, nothing: null },
      { event: 'Signup', properties: { event: 'Signup', 'user.identity': 'a', 'user.words': words, n: 0, no: false } },
    ],
    ['records of 5 MB, as they are', LEADS, records, records],
  ])('%s, is stored whole before it is answered', async (_, path, body, input) => {
    const { status, id, workflow, known } = await started(path, body)
    expect([status, known]).toEqual([202, false])
    expect(await stored()).toMatchObject([{ id, workflow, state: 'received' }])
    expect(await inputOf(id)).toEqual(input)
  })

  it.each<[string, string, unknown]>([
    [LEADS, '[{"id":9007199254740993,"n":1}]', [{ id: '9007199254740993', n: 1 }]],
    [
      EVENT,
      '{"event":"Signup","user":{"identity":12345678901234567890}}',
      { event: 'Signup', properties: { event: 'Signup', 'user.identity': '12345678901234567890' } },
    ],
  ])('has all digits of an id: %s', async (path, body, input) => {
    const { runs }: { runs: { id: string }[] } = await (await post(path, body)).json()
    expect(await inputOf(runs[0]?.id ?? '')).toEqual(input)
  })

  it('is stored as a whole or not at all, so that it may be sent again', async () => {
    const inLedger = (statement: string) =>
      runInDurableObject(workflowLedger(env), (_, { storage }) => void storage.sql.exec(statement))
    await inLedger("CREATE TRIGGER full BEFORE INSERT ON inputs BEGIN SELECT RAISE(ABORT, 'no room'); END")
    const body = JSON.stringify([{ email: 'whole@example.com' }])
    expect((await post(LEADS, body)).status).toBe(500)
    await inLedger('DROP TRIGGER full')
    expect(await stored()).toEqual([])
    const { status, known, id } = await started(LEADS, [{ email: 'whole@example.com' }])
    expect([status, known, await inputOf(id)]).toEqual([202, false, [{ email: 'whole@example.com' }]])
  })

  it('is an event of any name and any fields, though nobody waits for it', async () => {
    const response = await post(EVENT, JSON.stringify({ 'Some field': 'a', user: {} }))
    expect([response.status, await response.json()]).toEqual([200, { runs: [] }])
    expect((await post(EVENT, '{}')).status).toBe(200)
    expect(await stored()).toEqual([])
  })

  it.each<[string, unknown, unknown, unknown]>([
    [
      EVENT,
      { event: 'Signup', user: { identity: 'a', email: '' }, n: 1 },
      { n: 1, plan: '', user: { identity: 'a' }, event: 'Signup' },
      { event: 'Signup', user: { identity: 'a' }, n: '1' },
    ],
    [LEADS, [{ a: 1, b: 2 }, {}], [{ b: 2, a: 1 }, {}], [{}, { a: 1, b: 2 }]],
  ])('comes to %s, and again within ten minutes', async (path, body, same, other) => {
    // Whoever sends it five times at once has it once.
    const first = await Promise.all(Array.from({ length: 5 }, () => started(path, body)))
    expect(first.filter(({ status, known }) => status === 202 && known === false)).toHaveLength(1)
    expect(first.filter(({ status, known }) => status === 200 && known === true)).toHaveLength(4)
    expect(new Set(first.map(({ id }) => id)).size).toBe(1)
    vi.setSystemTime(hour + 10 * MINUTE_MS - 1)
    expect(await started(path, same)).toMatchObject({ status: 200, known: true, id: first[0]?.id })
    expect(await started(path, other)).toMatchObject({ status: 202, known: false })
    expect(await stored()).toHaveLength(2)
    vi.setSystemTime(hour + 10 * MINUTE_MS)
    expect(await started(path, same)).toMatchObject({ status: 202, known: false })
    expect(await stored()).toHaveLength(3)
  })

  it('is the same with the same Idempotency-Key, for that workflow, also after ten minutes, and never with other records', async () => {
    const lead = (n: number, key: string, path = LEADS) => started(path, [{ n }], { 'Idempotency-Key': key })
    const first = await lead(1, 'key-1')
    expect(first).toMatchObject({ status: 202, known: false })
    vi.setSystemTime(hour + 30 * MINUTE_MS)
    expect(await lead(1, 'key-1')).toMatchObject({ status: 200, known: true, id: first.id })
    const orders = ['[{"n":1,"m":{"a":1,"b":2}}]', '[{"m":{"b":2,"a":1},"n":1}]']
    const answers = await Promise.all(orders.map((body) => post(LEADS, body, { 'Idempotency-Key': 'ordered' })))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 202]))
    const other = await post(LEADS, '[{"n":2}]', { 'Idempotency-Key': 'key-1' })
    expect([other.status, await other.json()]).toMatchObject([422, { type: '/docs#idempotency-key-reused' }])
    expect(await lead(1, 'key-2')).toMatchObject({ status: 202, known: false })
    expect(await lead(1, 'key-1', 'run/other-leads/local-hook-token')).toMatchObject({ status: 202, known: false })
    expect(await started(LEADS, [{ n: 1 }])).toMatchObject({ status: 202, known: false })
    expect(await stored()).toHaveLength(5)
  })
})
