/**
 * Files of every kind through the command to the sandbox, straight and through the proxy; and files that are broken.
 */
import { existsSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Local, startLocal } from '../local.ts'
import { standIn } from '../stand-ins/index.ts'
import { Desk, ended, users } from './command.ts'

interface Summary {
  rows: number
  sent: number
  queued: number
  refused: number
  requests: number
  retries: number
  complete: boolean
  error?: string
}

interface RefusedRow {
  line: number
  pointer: string
  reason: string
}

let local: Local
let desk: Desk
beforeAll(async () => {
  local = await startLocal()
  desk = new Desk({ HEAP_APP_ID: '123456789', HEAP_BASE_URL: local.sandbox })
})
afterAll(async () => {
  desk.remove()
  await local.stop()
})
beforeEach(() => post('reset'))

async function post(path: string, body: object = {}): Promise<void> {
  const response = await fetch(`${local.sandbox}/_sandbox/${path}`, { method: 'POST', body: JSON.stringify(body) })
  if (!response.ok) throw new Error(await response.text())
}

async function held<T>(name: 'users' | 'events' | 'accounts'): Promise<T[]> {
  return (await local.held<Record<string, T[]>>(`${name}?limit=100000`))[name] ?? []
}

interface User {
  identity: string
  properties: Record<string, unknown>
}

let files = 0
const importOf = (kind: string, name: string, text: string | Uint8Array, ...flags: string[]) =>
  desk.json<Summary>(['import', kind, desk.write(`${files++}-${name}`, text), ...flags])
/** What the last import has refused. */
const refused = (name: string, report = 'refused') =>
  desk.lines<RefusedRow>(`${files - 1}-${name}.heap-edge-${report}.ndjson`)

describe('a file of users', () => {
  it.each([
    ['u.csv', 'identity,plan,seats\na@b.c,pro,5\nd@e.f,,\n'],
    ['u.tsv', 'identity\tplan\tseats\na@b.c\tpro\t5\nd@e.f\t\t\n'],
    ['u.json', '[{"identity":"a@b.c","plan":"pro","seats":5},\n{"identity":"d@e.f"}]'],
    ['u.ndjson', '{"identity":"a@b.c","properties":{"plan":"pro","seats":5}}\n{"identity":"d@e.f","properties":{}}\n'],
    ['u.txt', '{"identity":"a@b.c","plan":"pro","seats":5}\r\n{"identity":"d@e.f"}'],
  ])('arrives from %s', async (name, text) => {
    const flags = text.includes('"') ? [] : ['--number', 'seats']
    expect(await importOf('users', name, text, ...flags)).toMatchObject({
      code: 0,
      rows: 2,
      sent: 2,
      requests: 1,
      complete: true,
    })
    const arrived = (await held<User>('users')).map(({ identity, properties }) => [identity, properties])
    expect(Object.fromEntries(arrived)).toEqual({ 'a@b.c': { plan: 'pro', seats: 5 }, 'd@e.f': {} })
  })

  it('arrives from standard input, in requests of a thousand', async () => {
    const summary = await desk.json<Summary>(['import', 'users', '-'], { input: users(10_001) })
    expect(summary).toMatchObject({ code: 0, rows: 10_001, sent: 10_001, refused: 0, requests: 11 })
    expect(await local.held('stats')).toMatchObject({ users: 10_001 })
  })

  it('arrives with the last value of each user, however many requests are under way', async () => {
    const text = Array.from({ length: 5 }, () => users(1000)).join('') + users(1000).replaceAll('"n":', '"n":9')
    await post('faults', { latencyMs: 50, rate: 0.5 })
    expect(await importOf('users', 'same.ndjson', text)).toMatchObject({ sent: 6000, requests: 6 })
    const arrived = await held<User>('users')
    expect(arrived.every(({ identity, properties }) => properties.n === Number(`9${identity.match(/\d+/)?.[0]}`))).toBe(
      true,
    )
    await fetch(`${local.sandbox}/_sandbox/faults`, { method: 'DELETE' })
  })

  it('takes its mapping from a file, and from flags above it', async () => {
    desk.write(
      'mapping.json',
      JSON.stringify({ fields: { identity: 'Mail' }, properties: { Note: null, Plan: 'plan' } }),
    )
    const text = 'E-Mail,Mail,Note,Plan\na@b.c,x,secret,pro\n'
    const flags = ['--mapping', 'mapping.json', '--identity-column', 'E-Mail', '--map', 'Mail=', '--map', 'Plan=Tier']
    expect(await importOf('users', 'mapped.csv', text, ...flags)).toMatchObject({ code: 0, sent: 1 })
    expect(await held<User>('users')).toMatchObject([{ identity: 'a@b.c', properties: { Tier: 'pro' } }])
  })
})

it('imports accounts and events', async () => {
  expect(await importOf('accounts', 'a.csv', 'id,seats\nacme,5\n', '--account-id-column', 'id')).toMatchObject({
    sent: 1,
  })
  expect(await held('accounts')).toMatchObject([{ account_id: 'acme', properties: { seats: '5' } }])
  const text = 'name,who,when,amount\nPurchase,a@b.c,2026-01-02T03:04:05Z,7\nPurchase,a@b.c,,8\n'
  const flags = ['--event-column', 'name', '--identity-column', 'who', '--timestamp-column', 'when']
  expect(await importOf('events', 'e.csv', text, ...flags)).toMatchObject({ code: 0, sent: 2, requests: 1 })
  const events = await held<User & { event: string; timestamp: string; idempotency_key: string }>('events')
  expect(events.map(({ event, timestamp }) => [event, timestamp.slice(0, 10)])).toEqual([
    ['Purchase', new Date().toISOString().slice(0, 10)],
    ['Purchase', '2026-01-02'],
  ])
  expect(new Set(events.map(({ idempotency_key }) => idempotency_key)).size).toBe(2)
})

describe('rows that are bad', () => {
  const text = 'identity,plan\na@b.c,pro\nguest,pro\n,pro\nd@e.f\nx@y.z,pro\n'
  const wanted = [
    { line: 3, pointer: '/identity', reason: expect.stringContaining('into one user, for ever') as string },
    { line: 4, pointer: '/identity', reason: 'is missing; where another column is that, --identity-column names it' },
    { line: 5, pointer: '', reason: 'has 1 columns where the header has 2' },
  ]

  it('are told with their lines, and take no other with them', async () => {
    expect(await importOf('users', 'bad.csv', text)).toMatchObject({
      code: 2,
      rows: 5,
      sent: 2,
      refused: 3,
      complete: true,
    })
    expect(refused('bad.csv')).toEqual(wanted)
    // An import that is complete says the same again, and a dry run leaves its report alone.
    const name = `${files - 1}-bad.csv`
    const again = await desk.json(['import', 'users', name, '--resume'])
    expect(again).toMatchObject({ code: 2, rows: 5, sent: 2, refused: 3, before: 5, complete: true })
    expect(await desk.json(['import', 'users', name, '--dry-run'])).toMatchObject({ code: 2, refused: 3 })
    expect(refused('bad.csv')).toEqual(wanted)
    expect((await held<User>('users')).map(({ identity }) => identity).toSorted()).toEqual(['a@b.c', 'x@y.z'])
  })

  it('are those whose quote is not closed, by their line', async () => {
    const text = 'identity,plan\n"a@b.c",x\n"b@c.d,y\n"c@d.e",z\n'
    expect(await importOf('users', 'quote.csv', text)).toMatchObject({ code: 2, sent: 2, refused: 1, complete: true })
    expect(refused('quote.csv')).toEqual([{ line: 3, pointer: '', reason: 'has a quote that is not closed' }])
    expect((await held<User>('users')).map(({ identity }) => identity).toSorted()).toEqual(['a@b.c', 'c@d.e'])
  })

  it('are found without anything being sent', async () => {
    const found = await importOf('users', 'dry.csv', text, '--dry-run')
    expect(found).toMatchObject({ code: 2, dryRun: true, rows: 5, good: 2, refused: 3 })
    expect(refused('dry.csv', 'dry-run')).toEqual(wanted)
    expect(await local.held('stats')).toMatchObject({ requests: 0 })
  })

  it('among ten thousand are few requests more', async () => {
    const lines = users(10_000).split('\n')
    for (let n = 0; n < 10_000; n += 100) lines[n] = n % 200 ? '{"identity":' : '{"identity":"null","properties":{}}'
    const summary = await importOf('users', 'some.ndjson', lines.join('\n'))
    expect(summary).toMatchObject({ code: 2, rows: 10_000, sent: 9900, refused: 100, requests: 10 })
    expect(
      refused('some.ndjson')
        .map(({ line }) => line)
        .toSorted((a, b) => a - b),
    ).toEqual(Array.from({ length: 100 }, (_, n) => n * 100 + 1))
  })
})

describe('what cannot be imported', () => {
  it.each([
    ['cut.json', '[{"identity":"a@b.c"},', 1, 'ends in line 1, before the array does'],
    ['wide.csv', Buffer.from('\uFEFFidentity\na@b.c', 'utf16le'), 0, 'The file is UTF-16'],
    [
      'column.csv',
      'mail,plan\na@b.c,pro\n',
      0,
      'name the one that it is by --identity-column; the columns are mail, plan',
    ],
    ['empty.csv', '', 0, 'The file is empty'],
    ['empty.ndjson', '\n', 0, 'The file is empty'],
    ['empty.json', '', 0, 'The file is empty'],
    ['latin.csv', Buffer.from('identity,pr\xE9nom\na@b.c,x\n', 'latin1'), 0, 'The header is not valid UTF-8'],
    ['narrow.csv', Buffer.from('identity,plan\na@b.c,x\n', 'utf16le'), 0, 'the file may be UTF-16'],
  ])('is told in a sentence, and the rows before it are sent: %s', async (name, text, sent, told) => {
    const summary = await importOf('users', name, text)
    expect(summary).toMatchObject({ code: 2, complete: false, error: expect.stringContaining(told) as string })
    expect(await held('users')).toHaveLength(sent)
  })

  it.each([
    [['missing.csv'], 'missing.csv cannot be read: there is no such file.'],
    [['.'], 'it is a folder.'],
    [['f.csv', '--format', 'xml'], '--format must be csv, json, ndjson.'],
    [['f.csv', '--mapping', 'nowhere.json'], 'nowhere.json cannot be read'],
    [['f.csv', '--identity-column', 'mail'], 'There is no column "mail"; the columns are identity, plan.'],
    [['f.csv', '--map', 'plan'], '--map must be column=property'],
    [['f.csv', '--map', 'identity=plan'], 'The columns "identity" and "plan" would both be the property "plan".'],
    [['f.csv', '--concurrency', 'many'], '--concurrency must be a number, 1 or more.'],
    [['f.csv', '--concurrency', '2.5'], '--concurrency must be a whole number.'],
    [['f.csv', '--conurrency', '4'], 'There is no flag --conurrency'],
    [['f.csv', '--report'], '--report needs a value.'],
    [['f.csv', 'g.csv'], 'more arguments'],
    [['-', '--resume'], '--resume from standard input or a pipe needs the --journal'],
    [['f.csv', '--endpoint', 'http://a', '--base-url', 'http://b'], '--endpoint and --base-url both say where to send'],
    [['f.csv', '--region', 'mars'], '--region must be us or eu.'],
    [['f.csv', '--app-id', 'main'], '--app-id must be digits'],
    [['f.csv', '--base-url', 'heap'], '--base-url must be an http or https address'],
    [['f.csv', '--env', 'nowhere.env'], 'nowhere.env cannot be read'],
  ])('is told in a sentence: %j', async (args, told) => {
    desk.write('f.csv', 'identity,plan\na@b.c,pro\n')
    const { code, stderr, stdout } = await desk.run(['import', 'users', ...args])
    expect(code).toBe(2)
    expect(stderr).toContain(told)
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect(stdout).toBe('')
  })
})

it('refuses a row in which two would be one property, and tells which columns no row has', async () => {
  const text = '{"identity":"a@b.c","plan":"x","properties":{"plan":"y"}}\n{"identity":"d@e.f","note":"secret"}\n'
  const name = desk.write(`${files++}-twice.ndjson`, text)
  const { stderr } = await desk.run(['import', 'users', name, '--dry-run', '--map', 'notes='])
  expect(stderr).toContain('No row has a column "notes", which is named by a flag or the mapping.')
  expect(refused('twice.ndjson', 'dry-run')).toMatchObject([{ line: 1, pointer: '/plan' }])
})

it('leaves out columns without a name', async () => {
  const text = 'identity,plan,,\na@b.c,pro,,\n'
  expect(await importOf('users', 'commas.csv', text)).toMatchObject({ code: 0, sent: 1 })
  expect(await held<User>('users')).toMatchObject([{ identity: 'a@b.c', properties: { plan: 'pro' } }])
})

it('tells that there is no row', async () => {
  const name = desk.write(`${files++}-header.csv`, 'identity,plan\n')
  for (const flag of ['--dry-run', '--resume']) {
    const { code, stderr } = await desk.run(['import', 'users', name, flag])
    expect([code, stderr]).toEqual([0, 'There is no row in it.\n'])
  }
})

describe('a server', () => {
  it('that answers with a page is no Heap', async () => {
    const server = await standIn(() => ({ status: 200, body: '<!doctype html><title>Sign in</title>' }))
    const there = ['--base-url', server.url, '--retry-for', '0.2']
    const summary = await importOf('users', 'page.csv', 'identity\na@b.c\n', ...there)
    expect(summary).toMatchObject({ code: 1, sent: 0, complete: false })
    expect(summary.error).toContain('answered 200: <!doctype html>')
    await server.close()
  })

  it('that stays away leaves an import to go on with', async () => {
    await post('faults', { path: '/api/add_user_properties', status: 503 })
    const text = users(2500)
    const first = await importOf('users', 'away.ndjson', text, '--retry-for', '0.2')
    expect(first).toMatchObject({ code: 1, complete: false, error: expect.stringContaining('--resume') as string })
    await fetch(`${local.sandbox}/_sandbox/faults`, { method: 'DELETE' })
    const name = `${files - 1}-away.ndjson`
    const again = await desk.run(['import', 'users', name])
    expect(again).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('go on with --resume, or remove') as string,
    })
    expect(await desk.json(['import', 'users', name, '--resume'])).toMatchObject({ code: 0, rows: 2500, sent: 2500 })
    const complete = await desk.json(['import', 'users', name, '--resume'])
    expect(complete).toMatchObject({ code: 0, complete: true, rows: 2500, before: 2500 })
    expect(await held('users')).toHaveLength(2500)
  })

  it('that fails now and then is tried again', async () => {
    await post('faults', { path: '/api/track', status: 500, times: 2 })
    await post('faults', { path: '/api/track', drop: 'after', times: 1 })
    const text = Array.from({ length: 3000 }, (_, n) => JSON.stringify({ event: 'e', identity: `u${n}`, n })).join('\n')
    const summary = await importOf('events', 'retried.ndjson', text)
    expect(summary).toMatchObject({ code: 0, sent: 3000, retries: 3, requests: 6 })
    // The one whose answer was lost came twice, and is there once.
    expect(await local.held('stats')).toMatchObject({ events: 3000, duplicates: 1000 })
  })

  it('that is a proxy takes all, and queues what it cannot send now', async () => {
    const env = { HEAP_ENDPOINT: local.proxy, HEAP_ADMIN_TOKEN: 'local-admin-token', HEAP_BASE_URL: '' }
    const summary = await desk.json<Summary>(['import', 'users', '-'], { env, input: users(60) })
    expect(summary).toMatchObject({ code: 0, rows: 60, refused: 0, complete: true })
    expect(summary.sent + summary.queued).toBe(60)
    await expect.poll(async () => (await held('users')).length).toBe(60)
  })
})

describe('an address that was mistyped', () => {
  it('leaves no journal where nobody is', async () => {
    const name = desk.write('typo.ndjson', users(10))
    const env = { HEAP_BASE_URL: 'http://127.0.0.1:65431' }
    const first = await desk.json<Summary>(['import', 'users', name, '--retry-for', '0.1'], { env })
    expect(first).toMatchObject({ code: 1, error: expect.stringContaining('Nothing was sent') as string })
    expect(existsSync(desk.path(`${name}.heap-edge-journal`))).toBe(false)
    expect(await desk.json(['import', 'users', name])).toMatchObject({ code: 0, sent: 10 })
  })

  it('is no reason to refuse the right one, and events stay once', async () => {
    const name = desk.write('elsewhere.ndjson', '{"event":"e","identity":"a@b.c"}\n')
    // Arrives, and the answer is lost: the import does not know.
    await post('faults', { path: '/api/track', drop: 'after', times: 1 })
    expect(await desk.json(['import', 'events', name, '--retry-for', '0'])).toMatchObject({ code: 1 })
    const nobody = { HEAP_BASE_URL: 'http://127.0.0.1:65431' }
    expect(await desk.json(['import', 'events', name, '--retry-for', '0'], { env: nobody })).toMatchObject({ code: 1 })
    const env = { HEAP_BASE_URL: local.sandbox.replace('127.0.0.1', 'localhost') }
    if (env.HEAP_BASE_URL === local.sandbox) env.HEAP_BASE_URL = local.sandbox.replace('localhost', '127.0.0.1')
    expect(await desk.json(['import', 'events', name], { env })).toMatchObject({ code: 0, sent: 1, before: 0 })
    expect(await local.held('stats')).toMatchObject({ events: 1, duplicates: 1 })
  })
})

it('tells of blanks at the ends of identities, and of events without a time', async () => {
  const name = desk.write('blanks.csv', 'event,identity\ne, a@b.c\ne,x@y.z\n')
  const { code, stderr } = await desk.run(['import', 'events', name])
  expect(code).toBe(0)
  expect(stderr).toContain('No column is the time of an event: all get the time when the import began.')
  expect(stderr).toContain('1 row with blanks at the ends of its identity')
})

it('tells of what is changed on its way, and where a dry run finds it', async () => {
  const long = 'x'.repeat(2000)
  const text = `identity,bio,Email\na@b.c,${long},x\nd@e.f,${long},\n`
  const warnings = [
    { name: 'bio', warning: 'is longer than 1024 characters and is cut there', count: 2 },
    { name: 'Email', warning: expect.stringContaining('a second property') as string, count: 1 },
  ]
  expect(await importOf('users', 'long.csv', text, '--dry-run')).toMatchObject({ code: 0, good: 2, warnings })
  expect(desk.lines(`${files - 1}-long.csv.heap-edge-dry-run.ndjson`)).toMatchObject([
    { line: 2, pointer: '/properties/bio', warning: warnings[0]?.warning },
    { line: 2, pointer: '/properties/Email' },
    { line: 3, pointer: '/properties/bio' },
  ])
  const { stderr } = await desk.run(['import', 'users', `${files - 1}-long.csv`])
  expect(stderr).toContain(
    'Warning, 2 times: "bio" is longer than 1024 characters and is cut there.\nWarning, once: "Email"',
  )
  expect(await importOf('users', 'long.csv', text)).toMatchObject({ code: 0, sent: 2, warnings })
})

it('refuses numbers that would arrive as others', async () => {
  const text =
    '{"identity":"a@b.c","properties":{"n":{"/":[9007199254740993]}}}\n{"identity":"d@e.f","n":9007199254740991}'
  expect(await importOf('users', 'digits.ndjson', text)).toMatchObject({ code: 2, sent: 1, refused: 1 })
  expect(refused('digits.ndjson')).toEqual([
    { line: 1, pointer: '/properties/n/~1/0', reason: 'has more digits than a number keeps: send it as a string' },
  ])
})

it('loses no element of an array but the one that is broken, and says in a dry run what stands before its end', async () => {
  const text = '[\n{"identity":"a@b.c"},\n{"identity":"guest},\n{"identity":"d@e.f"},\n'
  const name = `${files}-open.json`
  expect(await importOf('users', 'open.json', text, '--dry-run')).toMatchObject({
    code: 2,
    rows: 3,
    refused: 1,
    complete: false,
    report: `${name}.heap-edge-dry-run.ndjson`,
    error: 'The file ends in line 5, before the array does.',
  })
  const { stderr } = await desk.run(['import', 'users', name, '--dry-run'])
  expect(stderr).toContain('An import leaves out 1 row')
  expect(await desk.json(['import', 'users', name])).toMatchObject({
    sent: 2,
    error: 'The file ends in line 5, before the array does. What comes before is imported.',
  })
  expect(refused('open.json')).toEqual([{ line: 3, pointer: '', reason: 'is not valid JSON' }])
})

it('refuses to go on with a file that is another one now', async () => {
  await post('faults', { path: '/api/add_user_properties', status: 503 })
  const name = desk.write('changed.ndjson', users(1500))
  expect(await desk.json(['import', 'users', name, '--retry-for', '0.1'])).toMatchObject({ code: 1 })
  await fetch(`${local.sandbox}/_sandbox/faults`, { method: 'DELETE' })
  desk.write(name, users(1500, 1))
  const again = await desk.json<Summary>(['import', 'users', name, '--resume'])
  expect(again).toMatchObject({
    code: 2,
    error: expect.stringContaining('The rows from line 1 on are not what') as string,
  })
  expect(await desk.json(['import', 'accounts', name, '--resume'])).toMatchObject({ code: 2 })
  desk.write(name, users(500))
  expect(await desk.json(['import', 'users', name, '--resume'])).toMatchObject({ code: 2 })
  expect(await held('users')).toHaveLength(0)
})

describe('a file that was imported to its end', () => {
  const file = (plan: string, count: number) => users(count).replaceAll('"n":', `"plan":"${plan}","n":`)

  it('is another one the next night, and is imported then', async () => {
    const name = desk.write('night.ndjson', file('first', 1200))
    const run = () => desk.json<Summary>(['import', 'users', name, '--resume'])
    expect(await run()).toMatchObject({ code: 0, rows: 1200, sent: 1200 })
    expect(await run()).toMatchObject({ code: 0, rows: 1200, before: 1200 })
    for (const [night, count] of [1200, 1201, 1000].entries()) {
      desk.write('night.ndjson', file(`night ${night}`, count))
      expect(await run()).toMatchObject({ code: 0, sent: count, before: 0 })
    }
    const plans = Map.groupBy(await held<User>('users'), ({ properties }) => properties.plan)
    expect(Object.fromEntries(Array.from(plans, ([plan, { length }]) => [plan, length]))).toEqual({
      'night 1': 201,
      'night 2': 1000,
    })
    // A journal of before does not say what the file was.
    const journal = `${name}.heap-edge-journal`
    desk.write(journal, desk.read(journal).replace(/\{"ended".*/, '{"ended":true}'))
    desk.write('night.ndjson', file('unknown', 1000))
    expect(await run()).toMatchObject({ code: 0, rows: 1000, before: 1000 })
  })
})

it('one import at a time has a journal, whoever died with it', async () => {
  const name = desk.write('twice.ndjson', users(30_000))
  const args = ['import', 'users', name, '--resume', '--json', '--concurrency', '1']
  await post('faults', { latencyMs: 50 })
  const first = desk.start(args)
  await expect.poll(() => existsSync(desk.path(`${name}.heap-edge-journal.lock`))).toBe(true)
  const second = await desk.json(args.slice(0, 4))
  expect(second).toMatchObject({ code: 2, error: expect.stringContaining(`process ${first.pid} on`) as string })
  first.kill('SIGKILL')
  await ended(first)
  expect(existsSync(desk.path(`${name}.heap-edge-journal.lock`))).toBe(true)
  await post('reset')
  expect(await desk.json(args.slice(0, 4))).toMatchObject({ code: 0, rows: 30_000, complete: true })
  expect(existsSync(desk.path(`${name}.heap-edge-journal.lock`))).toBe(false)
})
