/**
 * What a sender sends: its requests, one after the other, the same for the same seed.
 * @module
 */
import { PATHS } from '@heap-edge/contract'
import { between, type Random } from './random.ts'

const APP_IDS = ['123456789', '987654321'] as const

const MOST_EVENTS = 20

/** How often a request is something else than a single event. */
const SHARES = { accountProperties: 0.05, userProperties: 0.07, bulk: 0.08, bulkOfTwo: 0.5, second: 0.2 }

/** An event, or properties, with its number among those of the same kind and owner. */
export interface Written {
  kind: 'event' | 'user' | 'account'
  /** The environment and, in it, the identity or account. */
  owner: string
  n: number
}

export interface LoadRequest {
  path: string
  body: string
  records: Written[]
}

export function ownerOf(app_id: string, name: string): string {
  return `${app_id} ${name}`
}

/**
 * The requests of one sender. It has two identities and an account of its own; its neighbour has the same ones in the other
 * environment, so that who mixes up environments is found.
 */
export function* loadOf(sender: number, records: number, random: Random): Generator<LoadRequest> {
  const app_id = APP_IDS[sender % 2] as string
  const pair = Math.floor(sender / 2)
  const first = `user-${pair}@example.com`
  const second = `second-${pair}@example.com`
  const account_id = `account-${pair}`
  const numbers = new Map<string, number>()

  const written = (kind: Written['kind'], name: string): Written => {
    const n = (numbers.get(kind + name) ?? 0) + 1
    numbers.set(kind + name, n)
    return { kind, owner: ownerOf(app_id, name), n }
  }
  const request = (path: string, fields: object, ...records: Written[]): LoadRequest => ({
    path,
    body: JSON.stringify({ app_id, ...fields }),
    records,
  })
  const event = (identity: string) => {
    const record = written('event', identity)
    const fields = {
      event: 'Step',
      identity,
      properties: { n: record.n },
      idempotency_key: `${identity}/${record.n}`,
    }
    return { record, fields }
  }
  const someone = () => (random() < SHARES.second ? second : first)

  function next(left: number): LoadRequest {
    let dice = random()
    if ((dice -= SHARES.accountProperties) < 0) {
      const record = written('account', account_id)
      return request(PATHS.addAccountProperties, { account_id, properties: { n: record.n } }, record)
    }
    if ((dice -= SHARES.userProperties) < 0) {
      const identity = someone()
      const record = written('user', identity)
      return request(PATHS.addUserProperties, { identity, properties: { n: record.n } }, record)
    }
    if ((dice -= SHARES.bulk) < 0 && left > 1) {
      const ofTwo = random() < SHARES.bulkOfTwo
      const length = Math.min(left, between(random, 2, MOST_EVENTS))
      const events = Array.from({ length }, () => event(ofTwo && random() < 0.5 ? second : first))
      const fields = { events: events.map(({ fields }) => fields) }
      return request(PATHS.track, fields, ...events.map(({ record }) => record))
    }
    const { record, fields } = event(someone())
    return request(PATHS.track, fields, record)
  }

  for (let left = records; left > 0;) {
    const one = next(left)
    left -= one.records.length
    yield one
  }
}
