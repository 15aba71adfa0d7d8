/**
 * The commands for one record, for deletions and for any request; help, and what no command shows.
 */
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Local, startLocal } from '../local.ts'
import { completed } from '../deletion.ts'
import { Desk, ended, users } from './command.ts'

const KEY = 'local-api-key'
const TOKEN = 'local-admin-token'

let local: Local
let desk: Desk
/** Straight to Heap, and through the proxy. */
let ways: Record<'heap' | 'proxy', Record<string, string>>
beforeAll(async () => {
  local = await startLocal({ HEAP_TIMEOUT_MS: '1000' })
  desk = new Desk({ HEAP_APP_ID: '123456789' })
  ways = {
    heap: { HEAP_API_KEY: KEY, HEAP_BASE_URL: local.sandbox },
    proxy: { HEAP_ADMIN_TOKEN: TOKEN, HEAP_ENDPOINT: local.proxy },
  }
})
afterAll(async () => {
  desk.remove()
  await local.stop()
})

describe.each(['heap', 'proxy'] as const)('through %s', (way) => {
  const identity = `${way}@example.com`

  it('sends an event, and joins a user', async () => {
    const env = ways[way]
    const flags = ['--property', 'plan=pro', '--property', 'a=b=c', '--properties', '{"amount":7}']
    const key = `${way}-key`
    const track = ['track', 'Purchase', '--identity', identity, ...flags, '--idempotency-key', key]
    expect(await desk.json(track, { env })).toEqual({ code: 0, outcome: 'delivered', idempotency_key: key })
    const { stdout, code } = await desk.run([...track, '--timestamp', '2026-01-02'], { env })
    expect([stdout, code]).toEqual([expect.stringContaining('The event is delivered to http'), 0])
    const { events } = await local.held<{ events: object[] }>(`events?identity=${identity}`)
    expect(events).toMatchObject([{ event: 'Purchase', properties: { plan: 'pro', a: 'b=c', amount: 7 } }])

    const userId = way === 'heap' ? '41' : '42'
    const joined = await desk.json(['identify', '--user-id', userId, '--identity', identity], { env })
    expect(joined).toEqual({ code: 0, outcome: 'delivered' })
    expect(await local.held(`users?identity=${identity}`)).toMatchObject({ users: [{ user_ids: [userId] }] })
  })

  it('deletes users, tells how far that is, and waits', async () => {
    const env = ways[way]
    const file = desk.write(`${way}.csv`, `mail,name\none-${identity},x\ntwo-${identity},y\n`)
    const args = ['delete', file, '--identity-column', 'mail', '--identity', identity, '--yes']
    const { code, deletions } = await desk.json<{ deletions: { deletion_request_id: string }[] }>(args, { env })
    expect([code, deletions]).toMatchObject([0, [{ status: 'pending', users: 3 }]])
    const id = deletions[0]?.deletion_request_id ?? ''
    expect(await desk.run(['deletion', id], { env })).toMatchObject({ code: 0, stdout: `${id}  pending\n` })

    const waiting = desk.run(['deletion', id, '--wait', '--every', '0.1'], { env })
    if (way === 'proxy') await completed(local)
    else await fetch(`${local.sandbox}/_sandbox/deletions/${id}/complete`, { method: 'POST' })
    expect(await waiting).toMatchObject({ code: 0, stdout: `${id}  complete\n` })
  })

  it('sends any request', async () => {
    const env = ways[way]
    desk.write('body.json', JSON.stringify({ app_id: '123456789', event: 'Raw', identity: `raw-${identity}` }))
    const sent = await desk.json(['raw', 'post', '/api/track', '--body', '@body.json'], { env })
    expect(sent).toEqual({ code: 0, status: 200, body: {} })
    const unknown = await desk.run(['raw', 'GET', '/api/public/v0/deletion_status/none', '--query', 'a=b'], { env })
    expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining('404') as string })
  })

  it('knows no deletion that there is not', async () => {
    const { code, stderr } = await desk.run(['deletion', 'bogus'], { env: ways[way] })
    expect([code, stderr]).toEqual([2, 'Heap knows no deletion bogus.\n'])
  })

  it('says that a key is refused', async () => {
    const env = { ...ways[way], HEAP_API_KEY: 'wrong-secret', HEAP_ADMIN_TOKEN: 'wrong-secret' }
    const refused = await desk.run(['deletion', 'any'], { env })
    const look = way === 'heap' ? 'Look at the key' : 'Look at HEAP_ADMIN_TOKEN'
    expect(refused).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(look) as string })
    expect(refused.stderr.trim().split('\n')).toHaveLength(1)
  })
})

it.each([
  [['track', 'e'], 'needs exactly one of identity and user_id'],
  [['track', 'e', '--identity', 'guest'], 'into one user, for ever'],
  [['track', 'e', '--identity', 'a', '--property', 'x'], '--property must be name=value.'],
  [['track', 'e', '--identity', 'a', '--properties', '[1]'], '--properties must be a JSON object'],
  [['track', 'e', '--identity', 'a', '--timestamp', 'noon'], '/timestamp must be'],
  [['track', 'e', '--identity', 'a', '--properties', '{"n":9007199254740993}'], '9007199254740993 has more digits'],
  [['raw', 'POST', '/api/track', '--body', '{"n":[9007199254740993]}'], '9007199254740993 has more digits'],
  [['track'], 'Missing required positional argument: EVENT.'],
  [['identify', '--identity', 'a'], 'Missing required argument: --user-id.'],
  [['track', 'e', '--identity', 'a', '--admin-token', 'schlüssel-€'], '--admin-token must have ASCII characters only'],
  [['delete'], 'Nobody to delete'],
  [['delete', '--identity', 'a'], 'give --yes where nobody can be asked'],
  [['delete', '--identity', 'a@b.c', '--yes', '--wait', '--every', '0'], '--every must be a number, 0.01 or more.'],
  [['delete', 'list.ndjson', '--yes'], 'Line 2 needs one of identity and user_id; nothing was deleted.'],
  [['raw', 'GET', 'api/track'], 'The path must begin with a slash'],
  [['raw', 'POST', '/api/track', '--body', '{'], '--body must be JSON'],
  [['raw', 'POST', '/api/track', '--body', '@none.json'], 'none.json cannot be read'],
  [['--dry-run', 'delete', '--identity', 'a@b.c', '--yes'], '--dry-run stands in front of the command'],
  [['import', '--other', 'users', 'list.ndjson'], 'as in heap-edge import … --other.'],
  [['delete', '--identity', 'a@b.c', '--yes=no'], '--yes takes no value but true and false'],
  [['constructor'], 'There is no such command'],
  [['import', 'constructor'], 'There is no such command'],
  [['trakc'], 'There is no such command; flags come after it, and --help shows the commands.'],
])('tells in a sentence what is wrong with %j', async (args, told) => {
  desk.write('list.ndjson', '{"identity":"a@b.c"}\n{"identity":"a","user_id":"5"}')
  const { code, stdout, stderr } = await desk.run(args, { env: ways.heap })
  expect([code, stdout]).toEqual([2, ''])
  expect(stderr).toContain(told)
  expect(stderr.trim().split('\n')).toHaveLength(1)
})

it.each([
  ['{"identity":12345678901234567890}', '/identity must be a string'],
  ['{"identity":7}', '/identity must be a string'],
  ['{"identity":["bob@example.com"]}', '/identity must be a string'],
  ['{"identity":true}', '/identity must be a string'],
  ['{"identity":" Undefined "}', '/identity is no identity: Heap would merge everybody who carries it'],
  ['{"identity":""}', '/identity must be a well-formed string of 1 to 255 characters'],
  ['{"user_id":12345678901234567890}', '/user_id must be a whole number from 0 to 9007199254740991'],
])('deletes nobody where a line is %s', async (line, told) => {
  const { deletions: before } = await local.held<{ deletions: object[] }>('deletions')
  const file = desk.write('who.ndjson', `{"identity":"a@b.c"}\n{"user_id":5}\n${line}`)
  const { code, stderr } = await desk.run(['delete', file, '--identity', 'b@c.d', '--yes'], { env: ways.heap })
  expect([code, stderr]).toEqual([2, expect.stringMatching(/; nothing was deleted\.\n$/)])
  expect(stderr).toContain(`Line 3 ${told}`)
  expect(await local.held('deletions')).toMatchObject({ deletions: before })
})

it('tells each row that is wrong, and blanks, before anybody is deleted', async () => {
  const file = desk.write('bad.ndjson', `{"identity":" a@b.c"}\n${'{"identity":7}\n{"identity":"guest"}\n'.repeat(6)}`)
  type Told = { error: string; refused: number; problems: { line: number }[] }
  const { code, error, refused, problems } = await desk.json<Told>(['delete', file, '--dry-run'])
  expect([code, refused, problems.map(({ line }) => line)]).toEqual([2, 12, [2, 3, 4, 5, 6, 7, 8, 9, 10, 11]])
  expect(error).toMatch(
    /^Line 2 \/identity must be a string\.\nLine 3 [^]*\n12 rows cannot be taken, .* first 10; nothing/,
  )
  const padded = desk.write('padded.ndjson', '{"identity":" a@b.c"}')
  const { stderr } = await desk.run(['delete', padded, '--dry-run'])
  expect(stderr).toContain('1 user with blanks at the ends of its identity')
  const cut = desk.write('cut.json', '[{"identity":"a@b.c"},')
  const unread = await desk.run(['delete', cut, '--dry-run'])
  expect(unread.stderr).toBe('The file ends in line 1, before the array does; nothing was deleted.\n')
})

it('tells it in JSON too where --json was taken for a value, or stands in front', async () => {
  const needs = { code: 2, error: expect.stringContaining('--concurrency needs a value') as string }
  expect(await desk.json(['import', 'users', 'f.csv', '--concurrency'])).toMatchObject(needs)
  const { code, stdout } = await desk.run(['--json', 'doctor'])
  expect([code, JSON.parse(stdout)]).toMatchObject([2, { error: expect.stringContaining('in front') as string }])
})

it('takes a .env that Windows has written, and refuses one that nobody can read', async () => {
  const desk = new Desk()
  try {
    desk.write('.env', '\uFEFFHEAP_APP_ID=77\r\n')
    expect((await desk.run(['doctor', '--base-url', local.sandbox])).stdout).toContain(
      'id is 77, from HEAP_APP_ID in .env',
    )
    desk.write('.env', Buffer.from('\uFEFFHEAP_APP_ID=77\r\n', 'utf16le'))
    const { code, stdout, stderr } = await desk.run(['track', 'e', '--identity', 'a', '--api-key', 'some-secret'])
    expect([code, stdout, stderr]).toEqual([2, '', '.env is not UTF-8, but perhaps UTF-16: save it as UTF-8.\n'])
  } finally {
    desk.remove()
  }
})

it('counts each user once, looks without a key, and names what to ask later', async () => {
  const file = desk.write('twice.csv', `identity,user_id\n${'a@b.c,\n'.repeat(20)},05\n,5\n`)
  const dry = await desk.json(['delete', file, '--dry-run'])
  expect(dry).toEqual({ code: 0, dryRun: true, rows: 22, users: 2 })
  const merging = await desk.run(['delete', '--identity', 'null', '--dry-run'])
  expect(merging).toMatchObject({ code: 2, stderr: expect.stringContaining('--identity is no identity') as string })
  const { HEAP_API_KEY = '' } = ways.heap
  const args = ['delete', file, '--yes', '--base-url', local.sandbox]
  const { stdout, code } = await desk.run(args, { env: { HEAP_API_KEY } })
  expect([code, stdout]).toEqual([0, expect.stringContaining('Heap deletes 2 users.')])
  expect(stdout).toMatch(new RegExp(`heap-edge deletion \\S+ --wait --base-url ${local.sandbox} tells`))
})

it('says how far a list was deleted that Heap did not take to its end', async () => {
  // Stands before Heap, and takes the first request of a list only.
  let submitted = 0
  const server = createServer(async (request, response) => {
    const isDeletion = request.url === '/api/public/v0/user_deletion'
    if (isDeletion && ++submitted > 1) return void response.writeHead(400).end('{}')
    const { authorization = '', 'content-type': type = 'application/json' } = request.headers
    const headers = { authorization, 'content-type': type }
    const body = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>))
    const answer = await fetch(local.sandbox + String(request.url), { method: 'POST', headers, body })
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const env = { HEAP_API_KEY: KEY, HEAP_BASE_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
  const text = Array.from({ length: 25_000 }, (_, n) => `user-${n}@example.com\n`).join('')
  const file = desk.write('long.csv', `identity\n${text}`)
  type Told = { error: string; deletions: { deletion_request_id: string; users: number }[] }
  const { code, error, deletions } = await desk.json<Told>(['delete', file, '--yes'], { env })
  server.close()
  expect([code, deletions]).toMatchObject([2, [{ users: 10_000 }]])
  expect(error).toContain(
    `10,000 of 25,000 users were submitted (deletion ID ${deletions[0]?.deletion_request_id}); those from line 10002 on were not.`,
  )
})

it('says at Ctrl-C that a deletion goes on', async () => {
  const { deletions } = await desk.json<{ deletions: { deletion_request_id: string }[] }>(
    ['delete', '--identity', 'waits@example.com', '--yes'],
    { env: ways.heap },
  )
  const id = deletions[0]?.deletion_request_id ?? ''
  const child = desk.start(['deletion', id, '--wait'], ways.heap)
  child.stderr?.once('data', () => child.kill('SIGINT'))
  const { code, stderr } = await ended(child)
  expect(stderr).toContain(`the deletion goes on in Heap. heap-edge deletion ${id} --wait tells when it is done.`)
  expect(code).toBe(130)
})

it('hides no word of its own where a key is one', async () => {
  const env = { ...ways.heap, HEAP_API_KEY: 'wrong', HEAP_ADMIN_TOKEN: 'status' }
  const { stdout } = await desk.run(['doctor', '--json'], { env })
  expect(stdout).toContain('"state":"wrong"')
  const { stderr } = await desk.run(['deletion', 'any'], { env })
  expect(stderr).toContain('tells what is wrong with it')
  const track = ['track', 'e', '--identity', 'a', '--api-key', 'delivered']
  expect(await desk.json(track, { env })).toMatchObject({ code: 0, outcome: 'delivered' })
})

it('has help for each command, with the exit codes, and a version', async () => {
  const { stdout, code } = await desk.run(['--help'])
  expect(code).toBe(0)
  for (const name of [
    'import',
    'track',
    'identify',
    'delete',
    'deletion',
    'raw',
    'doctor',
    '130  interrupted, or not confirmed',
  ]) {
    expect(stdout).toContain(name)
  }
  expect(await desk.run(['help'])).toMatchObject({ code: 0, stdout })
  expect((await desk.run(['import', 'events', '--help'])).stdout).toContain('--idempotency-key-column')
  expect((await desk.run(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
})

it('shows no secret and no property, whatever it does', async () => {
  const secrets = ['a-secret-"that"-nobody-may-see', 'another-secret-nobody-may-see']
  const [apiKey = '', token = ''] = secrets
  const file = desk.write('private.ndjson', users(40).replaceAll('"n":', '"private-name":"private-value","n":'))
  const commands = [
    ['doctor'],
    ['track', 'e', '--identity', 'a'],
    ['import', 'users', file, '--retry-for', '0.1'],
    ['import', 'users', file, '--retry-for', '0.1'],
    ['import', 'users', file, '--retry-for', '0.1', '--resume'],
    ['delete', '--identity', 'a', '--yes'],
    ['deletion', 'x'],
    ['raw', 'GET', '/api/x'],
    ['raw', 'GET', `/${apiKey}`],
    ['deletion', token],
    ['import', 'users', '--help'],
    ['doctor', '--env', 'nowhere'],
    ['doctor', '--unknown'],
  ]
  const said: string[] = []
  async function say(command: string[], env: Record<string, string>): Promise<void> {
    said.push((await desk.run(command, { env })).all)
  }
  const keys = { HEAP_API_KEY: apiKey, HEAP_ADMIN_TOKEN: token }
  for (const [index, command] of commands.entries()) {
    const json = index % 2 ? ['--json'] : []
    // The imports share their journal.
    for (const target of [ways.heap, ways.proxy]) await say([...command, ...json], { ...target, ...keys })
  }
  await say(['doctor', '--api-key', apiKey], ways.heap)
  await say(['doctor', '--admin-token', token], ways.proxy)
  await say(['track', 'e', '--identity', 'a', '--base-url', apiKey], keys)
  await say(['--api-key', apiKey, 'track', 'e', '--identity', 'a'], {})
  for (const name of readdirSync(desk.folder).filter((name) => name.includes('heap-edge-'))) said.push(desk.read(name))
  expect(said.length).toBeGreaterThan(25)
  for (const text of said) {
    for (const secret of secrets) {
      expect(text).not.toContain(secret)
      expect(text).not.toContain(JSON.stringify(secret).slice(1, -1))
      expect(text).not.toContain(Buffer.from(`123456789:${secret}`).toString('base64'))
    }
    expect(text).not.toContain('private-')
  }
})
