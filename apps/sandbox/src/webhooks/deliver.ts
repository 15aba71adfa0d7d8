/**
 * Posts a webhook, and tells what the receiver answered.
 * @module
 */
import type { Delivery } from '../types.ts'

const TIMEOUT_MS = 10_000
const FIRST_PAUSE_MS = 250
/** Characters of the receiver's answer that are told. */
const SHOWN = 2000

/** One attempt's header fields and body. */
export type Parcel = { headers: Headers; body: string | Uint8Array }

/** @param pack called for each attempt, so that each can be signed anew */
export async function deliver(url: string, pack: () => Promise<Parcel>, mostAttempts: number): Promise<Delivery> {
  for (let attempts = 1; ; attempts++) {
    const { headers, body } = await pack()
    headers.set('Content-Type', 'application/json')
    const delivery = { ...(await attempt(url, { method: 'POST', headers, body })), attempts }
    const done = delivery.status !== null && delivery.status >= 200 && delivery.status < 300
    if (done || attempts >= mostAttempts) return delivery
    await scheduler.wait(FIRST_PAUSE_MS * 4 ** (attempts - 1))
  }
}

async function attempt(url: string, init: RequestInit): Promise<Omit<Delivery, 'attempts'>> {
  const start = performance.now()
  const took = () => Math.round(performance.now() - start)
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS)
    const response = await fetch(url, { ...init, redirect: 'manual', signal })
    const body = await beginningOf(response)
    return { status: response.status, body, ms: took() }
  } catch (error) {
    const late = error instanceof Error && error.name === 'TimeoutError'
    const reason = late ? `No answer within ${TIMEOUT_MS / 1000} s.` : `Nobody answers there. ${String(error)}`
    return { status: null, body: reason, ms: took() }
  }
}

/** The first characters of an answer; the rest is left unread, however long it goes on. */
async function beginningOf({ body }: Response): Promise<string> {
  let text = ''
  if (!body) return text
  const reader = body.pipeThrough(new TextDecoderStream()).getReader()
  while (text.length < SHOWN) {
    const { done, value } = await reader.read()
    if (done) return text
    text += value
  }
  await reader.cancel()
  return `${text.slice(0, SHOWN)}…`
}
