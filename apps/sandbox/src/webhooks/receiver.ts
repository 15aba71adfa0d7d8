/**
 * What the tests of webhooks share: a receiver in the place of the network.
 * @module
 */
import { expect, vi } from 'vitest'
import { told } from '../testing.ts'

/** One request that came in. */
export interface Received {
  url: string
  headers: Headers
  body: string
}

/** How one request is answered; made when it comes, since workerd ties a body to the request it was made in. */
type Answer = () => Response

/** An answer of this status and text. */
export const says =
  (status: number, body = ''): Answer =>
  () =>
    new Response(body, { status })

/** No answer. */
export const hangsUp: Answer = () => {
  throw new Error('hung up')
}

/** Answers each request with the next of these, the last one for ever, and keeps what came. */
export function receiver(...answers: Answer[]): Received[] {
  const received: Received[] = []
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
    const request = new Request(input, init)
    const answer = answers[Math.min(received.length, answers.length - 1)] ?? says(200)
    received.push({ url: request.url, headers: request.headers, body: await request.text() })
    return answer()
  })
  return received
}

/** Sees that a webhook is refused with this sentence, and that nothing is sent. */
export async function expectRefused(send: () => Promise<Response>, sentence: string | RegExp): Promise<void> {
  const received = receiver()
  const [status, body] = await told(send())
  const { error } = JSON.parse(body) as { error: string }
  expect(status).toBe(400)
  if (typeof sentence === 'string') expect(error).toBe(sentence)
  else expect(error).toMatch(sentence)
  expect(received).toEqual([])
}
