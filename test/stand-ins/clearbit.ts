/**
 * Clearbit's Combined API. help.clearbit.com, "What is a 202 Status Code?"; github.com/clearbit/clearbit-node
 * @module
 */
import { type Reply, rollingLimit, type StandIn, standIn, stop } from './server.ts'

/** What Clearbit knows of an address, and how often it says first that it is still looking. */
export interface Known {
  person: object | null
  company: object | null
  pending?: number
}

/** Clearbit, with whom it knows. */
export interface Clearbit extends StandIn {
  apiKey: string
  known: Map<string, Known>
}

const problem = (status: number, type: string, message: string): Reply => ({
  status,
  body: { error: { type, message } },
})

/** @param perMinute requests that are taken: 600, as Clearbit says */
export async function startClearbit({ perMinute = 600 }: { perMinute?: number } = {}): Promise<Clearbit> {
  const apiKey = 'sk_0123456789abcdef0123456789abcdef'
  const known: Clearbit['known'] = new Map()
  const fits = rollingLimit(perMinute, 60_000)
  // The key may come as the user of Basic, too.
  const accepted = new Set([`Bearer ${apiKey}`, `Basic ${Buffer.from(`${apiKey}:`).toString('base64')}`])

  const service = await standIn(({ method, path, query, headers, at }): Reply => {
    if (method !== 'GET' || path !== '/v2/combined/find') stop(problem(404, 'not_found', 'No such route.'))
    if (!accepted.has(headers.get('authorization') ?? ''))
      stop(problem(401, 'auth_invalid', 'Invalid API key provided.'))
    if (!fits(at)) stop(problem(429, 'rate_limit', 'You have been rate limited.'))
    const email = query.get('email')
    if (email === null) return problem(400, 'params_invalid', 'Missing email.')
    if (!/^[^\s@]+@[^\s@]+\.[a-z]{2,}$/i.test(email)) return problem(422, 'email_invalid', 'Invalid email.')
    const entry = known.get(email)
    if (!entry) return problem(404, 'unknown_record', 'Unknown person.')
    if ((entry.pending ?? 0) > 0) {
      entry.pending = (entry.pending ?? 0) - 1
      return problem(202, 'queued', 'Looking up this record. Retry in a few minutes.')
    }
    return { status: 200, body: { person: entry.person, company: entry.company } }
  })
  return Object.assign(service, { apiKey, known })
}
