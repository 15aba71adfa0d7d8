import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { lockJournal } from './lock.ts'

const folder = mkdtempSync(join(tmpdir(), 'heap-edge-lock-'))
afterAll(() => rmSync(folder, { recursive: true }))
const journal = join(folder, 'j')
const lock = `${journal}.lock`

const hold = (holder: object) => writeFileSync(lock, JSON.stringify(holder))

it('is given back, and taken over where its process has died', () => {
  // No process has so large a number.
  for (const pid of [2 ** 30, process.pid]) {
    hold({ pid, host: hostname() })
    lockJournal(journal)()
    expect(readdirSync(folder)).toEqual([])
  }
})

it.each([
  ['a process that lives', { pid: process.ppid, host: hostname() }],
  ['a process of another host', { pid: 2 ** 30, host: 'elsewhere.example' }],
])('is refused where it is that of %s', (_, holder) => {
  hold(holder)
  expect(() => lockJournal(journal)).toThrow(`(process ${holder.pid} on ${holder.host})`)
  expect(() => lockJournal(journal)).toThrow(`remove ${lock}`)
  expect(existsSync(lock)).toBe(true)
  rmSync(lock)
})

it('is refused where nobody knows whose it is, and is never that of another one when given back', () => {
  writeFileSync(lock, '')
  expect(() => lockJournal(journal)).toThrow(`remove ${lock}`)
  rmSync(lock)
  const unlock = lockJournal(journal)
  hold({ pid: process.ppid, host: hostname() })
  unlock()
  expect(existsSync(lock)).toBe(true)
})
