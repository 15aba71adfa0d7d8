/**
 * What a user sees in a terminal: a bar that is gone at the end, a question, Ctrl-C.
 */
import { stripVTControlCharacters } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Local, startLocal } from '../local.ts'
import { Desk, users } from './command.ts'

let local: Local
let desk: Desk
beforeAll(async () => {
  local = await startLocal()
  desk = new Desk({ HEAP_APP_ID: '123456789', HEAP_API_KEY: 'local-api-key', HEAP_BASE_URL: local.sandbox })
})
afterAll(async () => {
  desk.remove()
  await local.stop()
})

async function fault(fault: object): Promise<void> {
  await fetch(`${local.sandbox}/_sandbox/faults`, { method: 'POST', body: JSON.stringify(fault) })
}

// Its prebuilt binaries are for the platforms that the terminal has; others have what the pipes show.
describe('a terminal', () => {
  it('shows how far an import is, and then what became of it', async () => {
    await fault({ latencyMs: 150, times: 40 })
    const terminal = desk.terminal(['import', 'users', desk.write('bar.ndjson', users(40_000))])
    await expect.poll(() => terminal.screen()).toMatch(/━+─+ +\d+% {2}[\d,]+ rows, [\d,]+\/s, .* left/)
    expect(await terminal.end()).toBe(0)
    expect(await terminal.screen()).toMatch(
      /^rows +40,000\nsent +40,000\nqueued +0\nrefused +0\nretried +0\nrequests +40\ntime +\d+ s$/,
    )
  })

  it('asks before it deletes, and takes no for no', async () => {
    const twice = ['--identity', 'bob@example.com', '--identity', 'bob@example.com']
    const args = ['delete', '--identity', 'alice@example.com', ...twice]
    const question = 'Heap deletes 2 users for good, in every environment: alice@example.com, bob@example.com. Go on?'
    const no = desk.terminal(args)
    await expect.poll(() => no.screen()).toContain(question)
    no.type('\r')
    expect(await no.end()).toBe(130)
    expect(await no.screen()).toContain('Nothing was deleted.')
    const yes = desk.terminal(args)
    await expect.poll(() => yes.screen()).toContain(question)
    yes.type('y')
    expect(await yes.end()).toBe(0)
    expect(await yes.screen()).toContain('Heap deletes 2 users.')
    expect(await local.held('deletions')).toMatchObject({ deletions: [{ status: 'pending' }] })
  })

  it.each([
    ['Ctrl-D', '\u0004'],
    ['Esc', '\u001B'],
    ['Ctrl-C', '\u0003'],
  ])('deletes nobody at %s', async (_, key) => {
    const names = ['a', 'b', 'c', 'd'].flatMap((name) => ['--identity', `${name}@b.c`])
    const terminal = desk.terminal(['delete', ...names])
    await expect.poll(() => terminal.screen()).toContain('a@b.c, b@b.c, c@b.c, …. Go on?')
    terminal.type(key)
    expect(await terminal.end()).toBe(130)
    const screen = await terminal.screen()
    expect(screen).toContain('Nothing was deleted.')
    expect(screen).not.toContain('Warning')
    // Nor was it the answer for a moment.
    expect(stripVTControlCharacters(terminal.raw)).not.toMatch(/│ +Yes/)
  })

  it('refuses a list with a bad row before it asks', async () => {
    const terminal = desk.terminal(['delete', desk.write('bad.csv', 'identity\na@b.c\nguest\n')])
    expect(await terminal.end()).toBe(2)
    const screen = await terminal.screen()
    expect(screen).toContain('Line 3 /identity is no identity')
    expect(screen).not.toContain('Go on?')
  })

  it('ends what is under way at Ctrl-C, and says how to go on', async () => {
    await fetch(`${local.sandbox}/_sandbox/reset`, { method: 'POST', body: '{}' })
    await fault({ latencyMs: 200, times: 1000 })
    const name = desk.write('stopped.ndjson', users(60_000))
    const terminal = desk.terminal(['import', 'users', name])
    await expect.poll(() => terminal.screen()).toMatch(/[1-9][\d,]* rows,/)
    terminal.type('\u0003')
    expect(await terminal.end()).toBe(130)
    const screen = await terminal.screen()
    expect(screen).toContain('Stopping: requests under way are finished.')
    expect(screen).toContain('Interrupted. Run the same command with --resume to go on')
    const sent = Number(/sent +([\d,]+)/.exec(screen)?.[1]?.replace(',', ''))
    expect(await local.held('stats')).toMatchObject({ users: sent })
    await fetch(`${local.sandbox}/_sandbox/faults`, { method: 'DELETE' })
    expect(await desk.json(['import', 'users', name, '--resume'])).toMatchObject({
      code: 0,
      sent: 60_000,
      before: sent,
    })
    expect(await local.held('stats')).toMatchObject({ users: 60_000 })
  })

  it('does not wait for rows that nobody types', async () => {
    const terminal = desk.terminal(['import', 'users', '-'])
    expect(await terminal.end()).toBe(2)
    expect(await terminal.screen()).toBe('Nothing comes from standard input: pipe a file into it, or name one.')
  })

  it('marks what the doctor finds', async () => {
    const terminal = desk.terminal(['doctor', '--region', 'mars'])
    expect(await terminal.end()).toBe(2)
    expect(await terminal.screen()).toContain('✗ --region must be us or eu; leave it out for us.')
  })
})
