import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createHeapBrowser } from './index.ts'
import { randomUserId, rememberVisitor, type VisitorStorage } from './visitor.ts'

afterEach(() => vi.unstubAllGlobals())

const refuse = (): VisitorStorage => {
  throw new DOMException('The operation is insecure.', 'SecurityError')
}
const holding = (kept: string | null): VisitorStorage => ({ getItem: () => kept, setItem: () => {} })

it('makes user_ids that Heap takes', () => {
  const half = fc.nat(2 ** 31 - 1).chain((low) => fc.boolean().map((top) => low + (top ? 2 ** 31 : 0)))
  fc.assert(
    fc.property(half, half, (high, low) => {
      vi.stubGlobal('crypto', { getRandomValues: () => Uint32Array.of(high, low) })
      const id = randomUserId()
      expect(id).toMatch(/^\d{1,16}$/)
      expect(BigInt(id)).toBe((BigInt(high) >> 11n) * 2n ** 32n + BigInt(low))
      expect(Number.isSafeInteger(Number(id))).toBe(true)
    }),
  )
})

describe('a visitor', () => {
  it('is kept in memory where the storage is refused', () => {
    let users = 0
    const visitor = rememberVisitor(refuse, () => `${users++}`)
    expect(visitor.get()).toEqual({ user_id: '0' })
    visitor.set({ user_id: '7', identity: 'alice' })
    expect(visitor.get()).toEqual({ user_id: '7', identity: 'alice' })
    expect(users).toBe(1)
  })

  it('is kept in memory where the storage is full', () => {
    const full: VisitorStorage = {
      getItem: () => '{"user_id":"1","identity":"old"}',
      setItem: () => {
        throw new DOMException('full', 'QuotaExceededError')
      },
    }
    const visitor = rememberVisitor(
      () => full,
      () => '2',
    )
    expect(visitor.get()).toEqual({ user_id: '1', identity: 'old' })
    visitor.set({ user_id: '2' })
    expect(visitor.get()).toEqual({ user_id: '2' })
  })

  it.each([null, '', 'null', '[]', '{', '{"user_id":"x"}', '"text"'])('is new after %j', (kept) => {
    expect(
      rememberVisitor(
        () => holding(kept),
        () => '9',
      ).get(),
    ).toEqual({ user_id: '9' })
  })

  it('is the one that another tab has set', () => {
    const items = new Map<string, string>()
    const storage: VisitorStorage = {
      getItem: (key) => items.get(key) ?? null,
      setItem: (key, value) => void items.set(key, value),
    }
    const [one, other] = [
      rememberVisitor(
        () => storage,
        () => '1',
      ),
      rememberVisitor(
        () => storage,
        () => '2',
      ),
    ]
    expect(one.get()).toEqual({ user_id: '1' })
    other.set({ user_id: '2', identity: 'alice' })
    expect(one.get()).toEqual({ user_id: '2', identity: 'alice' })
  })
})

it('is not asked for before the first call, so that a server can make the client', () => {
  const touched = vi.fn<() => VisitorStorage>(refuse)
  rememberVisitor(touched, () => '1')
  expect(touched).not.toHaveBeenCalled()
  vi.stubGlobal('localStorage', undefined)
  vi.stubGlobal('document', undefined)
  const heap = createHeapBrowser({ endpoint: 'https://heap.example.com' })
  expect(heap.getIdentity()).toBe(null)
})
