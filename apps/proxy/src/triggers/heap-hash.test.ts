import { createHmac } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isSignedByHeap } from './heap-hash.ts'

const secret = 'test-webhook-secret'
const now = 1_700_000_000_000
const bytes = (text: string) => new TextEncoder().encode(text)

function sign(body: Uint8Array, ts: string | number = now, by = secret): string {
  return `ts:${ts},hmac:${createHmac('sha256', by).update(String(ts)).update(body).digest('base64')}`
}

it('takes the reference vector', async () => {
  const body = bytes(
    '{"id_token":"7a36ae58-c4b9-11eb-8529-0242ac130003","action_type":"segment.users.sync","customer_config":{"fields":[]},"data":{"segment":{"id":1338065,"name":"Free Customers"},"sync_info":{"page_number":1,"total_pages":1,"sync_task_id":"afe74af0-496e-11ec-81d3-0242ac130003"},"add":[{"id":"user1@email.com"}],"remove":[]}}',
  )
  const header = 'ts:1700000000000,hmac:Fe293WnttLQMqTzYj2w7reZJmJZYYLYAtml6Qsj4bgY='
  expect(await isSignedByHeap(header, body, secret, now)).toBe(true)
})

it('takes any bytes as they are, and no others', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), fc.nat(), fc.nat(7), async (body, at, bit) => {
      const header = sign(body)
      expect(await isSignedByHeap(header, body, secret, now)).toBe(true)
      const tampered = body.slice()
      const place = at % body.length
      tampered[place] = (tampered[place] ?? 0) ^ (1 << bit)
      expect(await isSignedByHeap(header, tampered, secret, now)).toBe(false)
      expect(await isSignedByHeap(header, body, `${secret}x`, now)).toBe(false)
    }),
    { numRuns: 50 },
  )
})

describe("the faults of Heap's reference verifier are not here", () => {
  it('JSON that is written again: blanks, escapes and the order of keys count', async () => {
    const body = bytes('{ "name": "caf\\u00e9", "b": 1.0 }')
    expect(await isSignedByHeap(sign(body), body, secret, now)).toBe(true)
    const again = bytes(JSON.stringify(JSON.parse('{ "name": "caf\\u00e9", "b": 1.0 }')))
    expect(await isSignedByHeap(sign(body), again, secret, now)).toBe(false)
  })
})

describe('a header', () => {
  const body = bytes('{}')
  it.each([
    ['none', undefined],
    ['empty', ''],
    ['without a time', sign(body).replace(/^ts:\d+/, 'ts:')],
    ['with a time that is no number', sign(body, '1e3')],
    ['with blanks', sign(body).replace(',', ', ')],
    ['with half a signature', sign(body).slice(0, -5)],
    ['with another alphabet', sign(body).replace(/hmac:.*/, `hmac:${'-'.repeat(43)}=`)],
    ['with two signatures', `${sign(body)},${sign(body)}`],
  ])('%s is refused', async (_, header) => {
    expect(await isSignedByHeap(header, body, secret, now)).toBe(false)
  })

  it.each([
    [now - 60_000, true],
    [now - 60_001, false],
    [now + 1000, true],
    [now + 1001, false],
    // Seconds, as some senders write them.
    [now / 1000, true],
    [now / 1000 - 61, false],
  ])('of %i is taken: %s', async (ts, taken) => {
    expect(await isSignedByHeap(sign(body, ts), body, secret, now)).toBe(taken)
  })
})
