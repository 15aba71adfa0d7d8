import { expect, it, vi } from 'vitest'
import { Batch } from './batch.ts'

it('runs the jobs of a moment together and in order, and then once what comes after', async () => {
  const done: string[] = []
  const batch = new Batch(() => void done.push('saved'))
  const jobs = ['a', 'b', 'c'].map((name) => batch.run(() => done.push(name)))
  expect(done).toEqual([])
  expect(await Promise.all(jobs)).toEqual([1, 2, 3])
  expect(done).toEqual(['a', 'b', 'c', 'saved'])
  await batch.run(() => done.push('d'))
  expect(done.slice(4)).toEqual(['d', 'saved'])
})

it('can be drained at once, and does not run anything twice', async () => {
  vi.useFakeTimers()
  const run = vi.fn<() => string>(() => 'done')
  const afterAll = vi.fn<() => void>()
  const batch = new Batch(afterAll)
  const job = batch.run(run)
  batch.drain()
  batch.drain()
  await vi.runAllTimersAsync()
  vi.useRealTimers()
  expect(await job).toBe('done')
  expect(run).toHaveBeenCalledTimes(1)
  expect(afterAll).toHaveBeenCalledTimes(1)
})

it('lets one job fail alone', async () => {
  const batch = new Batch(() => {})
  const bad = batch.run(() => {
    throw new Error('bad')
  })
  const good = batch.run(() => 'good')
  await expect(bad).rejects.toThrow('bad')
  expect(await good).toBe('good')
})
