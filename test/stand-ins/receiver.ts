/**
 * A receiver of Standard Webhooks, which verifies with nothing of the sender's.
 * github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md, "Verifying signatures"
 * @module
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { type Reply, type Seen, type StandIn, standIn } from './server.ts'

/** A receiver, with what it took: each id once, however often it came. */
export interface Receiver extends StandIn {
  secret: string
  received: Map<string, unknown>
}

const TOLERANCE_S = 300

/** @param now milliseconds since 1970, against which timestamps are measured */
export async function startReceiver({ now = Date.now }: { now?: () => number } = {}): Promise<Receiver> {
  const key = Buffer.from('a secret of thirty-two bytes ....')
  const received: Receiver['received'] = new Map()
  const service = await standIn((seen): Reply => {
    const problem = problemOf(seen, key)
    if (problem !== undefined) return { status: 401, body: problem }
    const id = seen.headers.get('webhook-id') ?? ''
    if (!received.has(id)) received.set(id, JSON.parse(seen.text))
    return { status: 204 }
  }, now)
  return Object.assign(service, { secret: `whsec_${key.toString('base64')}`, received })
}

function problemOf({ method, headers, text, at }: Seen, key: Buffer): string | undefined {
  const id = headers.get('webhook-id') ?? ''
  const timestamp = headers.get('webhook-timestamp') ?? ''
  if (method !== 'POST' || id === '' || id.includes('.')) return 'no webhook-id'
  if (!/^\d+$/.test(timestamp) || Math.abs(at / 1000 - Number(timestamp)) > TOLERANCE_S)
    return 'no webhook-timestamp of now'
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.${text}`).digest()
  const given = (headers.get('webhook-signature') ?? '').split(' ').map((signature) => signature.split(','))
  const good = given.some(([version, signature = '']) => {
    const bytes = Buffer.from(signature, 'base64')
    return version === 'v1' && bytes.length === expected.length && timingSafeEqual(bytes, expected)
  })
  return good ? undefined : 'no good webhook-signature'
}
