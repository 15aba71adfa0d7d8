/**
 * The files of an import that are not as they should be: named twice, not to be written, full, a pipe; and what reads its notes.
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, linkSync, mkdirSync, symlinkSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Local, startLocal } from '../local.ts'
import { Desk, ended, MAIN, users } from './command.ts'

let local: Local
let desk: Desk
beforeAll(async () => {
  local = await startLocal()
  desk = new Desk({ HEAP_APP_ID: '123456789', HEAP_BASE_URL: local.sandbox })
  mkdirSync(desk.path('folder'))
})
afterAll(async () => {
  desk.remove()
  await local.stop()
})
beforeEach(() => fetch(`${local.sandbox}/_sandbox/reset`, { method: 'POST', body: '{}' }))

const importUsers = (...args: string[]) => desk.run(['import', 'users', ...args])

describe('nothing is sent, and no file is touched', () => {
  const rows = 'identity,plan\na@b.c,pro\n'

  it.each([
    [['--report', 'own.csv'], 'must be different files.'],
    [['--report', './folder/../own.csv', '--dry-run'], 'must be different files.'],
    [['--report', 'link.csv'], 'must be different files.'],
    [['--report', 'hard.csv'], 'must be different files.'],
    [['--journal', 'new', '--report', 'folder/../new'], 'must be different files.'],
    [['--journal', 'other.csv'], 'other.csv is no journal of an import: name another file by --journal.'],
    [['--journal', 'other.csv', '--resume'], 'other.csv is no journal of an import: name another file by --journal.'],
    [['--report', 'other.csv'], 'other.csv is there and is no report of an import: name another file for --report'],
    [['--journal', 'nowhere/j'], 'nowhere/j cannot be written: there is no such folder.'],
    [['--report', 'nowhere/r'], 'nowhere/r cannot be written: there is no such folder.'],
    [['--report', 'own.csv/r'], 'own.csv/r cannot be written: there is no such folder.'],
    [['--journal', 'folder'], 'folder cannot be written: it is a folder.'],
    [['--report', '/dev/null'], '/dev/null cannot be written: it is no file.'],
  ])('with %j', async (flags, told) => {
    for (const name of ['own.csv', 'other.csv']) desk.write(name, rows)
    if (!existsSync(desk.path('link.csv'))) {
      symlinkSync('own.csv', desk.path('link.csv'))
      linkSync(desk.path('own.csv'), desk.path('hard.csv'))
    }
    const { code, stderr } = await importUsers('own.csv', ...flags)
    expect(code).toBe(2)
    expect(stderr).toContain(told)
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect([desk.read('own.csv'), desk.read('other.csv')]).toEqual([rows, rows])
    expect(await local.held('stats')).toMatchObject({ requests: 0 })
  })
})

it('says which file has no room, and goes on from there', async () => {
  const name = desk.write('full.ndjson', users(20_000))
  const args = [MAIN, 'import', 'users', name]
  const child = spawn('sh', ['-c', 'ulimit -f 2; exec "$0" "$@"', process.execPath, ...args], {
    cwd: desk.folder,
    env: desk.env,
  })
  const { code, stderr } = await ended(child)
  expect(stderr).toMatch(
    /^Stopped: full\.ndjson\.heap-edge-journal cannot be written: .*\. Run the same command with --resume/m,
  )
  expect(code).toBe(1)
  expect(await desk.json(['import', 'users', name, '--resume'])).toMatchObject({ code: 0, rows: 20_000, refused: 0 })
  expect(await local.held('stats')).toMatchObject({ users: 20_000 })
})

it.skipIf(process.platform !== 'linux')('says in a sentence that its result cannot be written', async () => {
  const child = spawn('sh', ['-c', '"$0" "$@" > /dev/full', process.execPath, MAIN, '--version'], { env: desk.env })
  const { code, stderr } = await ended(child)
  expect([code, stderr]).toEqual([1, 'Standard output cannot be written: the disk is full.\n'])
})

describe('a pipe with a name', () => {
  it('is read, and nothing is written where it stands', async () => {
    execFileSync('mkfifo', [desk.path('pipe')])
    const writer = spawn('sh', ['-c', `printf '{"identity":"a@b.c"}\\n{"identity":7.5}\\n' > pipe`], {
      cwd: desk.folder,
    })
    const { code, stderr } = await importUsers('pipe')
    expect(writer.exitCode).toBe(0)
    expect([code, stderr]).toEqual([2, expect.stringContaining('1 row was refused; heap-edge-refused.ndjson says why')])
    expect(existsSync(desk.path('pipe.heap-edge-journal'))).toBe(false)
    expect(await local.held('stats')).toMatchObject({ users: 1 })
  })

  it('into which nobody writes is left at the second Ctrl-C', async () => {
    execFileSync('mkfifo', [desk.path('silent')])
    const child = desk.start(['import', 'users', 'silent', '--retry-for', '1'])
    let said = ''
    child.stderr?.on('data', (text) => (said += String(text)))
    const exited = once(child, 'exit')
    // By then the thread that reads has long begun to wait.
    await expect.poll(() => said).toContain('0 rows')
    child.kill('SIGINT')
    await expect.poll(() => said).toContain('Stopping: requests under way are finished.')
    child.kill('SIGINT')
    expect((await exited)[1]).toBe('SIGINT')
  })
})

it('comes to its end where nobody reads its notes', async () => {
  const child = desk.start(['import', 'users', '-', '--json'])
  child.stderr?.destroy()
  child.stdin?.end(users(3000))
  const { code, stdout } = await ended(child)
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ sent: 3000, complete: true })
})
