import { describe, expect, it } from 'vitest'
import { idsOfCookies, idsOfScript } from './heap-script.ts'

const now = Date.parse('2026-11-24T12:00:00Z')
const cookie = (name: string, value: object) => `a=1; ${name}=${encodeURIComponent(JSON.stringify(value))}; b=2`

describe("the ids of Heap's script", () => {
  it('are taken once it has loaded, and where they are ids', () => {
    const heap = { loaded: true, getUserId: () => '5954094055083999', getSessionId: () => 77 }
    expect(idsOfScript(heap)).toEqual({ user_id: '5954094055083999', session_id: '77' })
    expect(idsOfScript({ ...heap, getSessionId: () => null })).toEqual({ user_id: '5954094055083999' })
    // Before it has loaded its getters are stubs that give nothing.
    expect(idsOfScript({ ...heap, loaded: false })).toBeFalsy()
    expect(idsOfScript({ ...heap, getUserId: () => undefined })).toBeFalsy()
    expect(idsOfScript({ loaded: true })).toBeFalsy()
    expect(idsOfScript(undefined)).toBeFalsy()
    const broken = () => {
      throw new Error('not yet')
    }
    expect(idsOfScript({ ...heap, getUserId: broken })).toBeFalsy()
  })

  it('stand in its cookies, those of both generations', () => {
    const ids = { userId: '123', sessionId: '456' }
    const expected = { user_id: '123', session_id: '456' }
    expect(idsOfCookies(cookie('_hp5_meta.42', ids), '42', now)).toEqual(expected)
    expect(idsOfCookies(cookie('_hp2_id.42', { ...ids, trackerVersion: '4.0' }), '42', now)).toEqual(expected)
    expect(idsOfCookies(cookie('_hp5_meta.42', ids), '', now)).toEqual(expected)
    expect(idsOfCookies(cookie('_hp5_meta.42', { ...ids, lastEventTime: now - 60_000 }), '42', now)).toEqual(expected)
  })

  it('are without a session that is over', () => {
    const ids = { userId: '123', sessionId: '456', lastEventTime: now - 1_900_000 }
    expect(idsOfCookies(cookie('_hp5_meta.42', ids), '42', now)).toEqual({ user_id: '123' })
  })

  it.each([
    ['none', ''],
    ['that of another environment', cookie('_hp5_meta.43', { userId: '1' })],
    ['a compressed one', '_hp5_meta.42=eJyrVkrLz1eyUkpKLFKqBQAdegPs'],
    ['a text for an id', cookie('_hp5_meta.42', { userId: 'guest' })],
    ['what is no JSON', '_hp5_meta.42=%7B'],
    ['what cannot be decoded', '_hp5_meta.42=%'],
  ])('are not in %s', (_, cookies) => {
    let found: unknown
    try {
      found = idsOfCookies(cookies, '42', now)
    } catch {
      // As the caller does.
    }
    expect(found).toBeFalsy()
  })
})
