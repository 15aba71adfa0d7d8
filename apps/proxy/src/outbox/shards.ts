/**
 * Which shard of the outbox a record belongs to, and how it gets there.
 * @module
 */
import { createHash } from 'node:crypto'
import type { Config } from '../config.ts'
import type { Env } from '../env.ts'
import { NOBODY } from '../limits/holder.ts'
import type { Place } from './durable.ts'
import type { OutboxRecord } from './world.ts'

type Outbox = Pick<Env, 'OUTBOX'>

/** A record, and the shard that holds its owner already, where one does. */
export interface Unsent extends OutboxRecord {
  holder: number
}

/** The object of a shard. */
export function outboxShard({ OUTBOX }: Outbox, app_id: string, shard: number) {
  return OUTBOX.getByName(`outbox:${app_id}:${shard}`)
}

/** Every shard of every environment. */
export function placesOf({ appIds, outbox: { shards } }: Config): Place[] {
  return [...appIds].flatMap((app_id) => Array.from({ length: shards }, (_, shard) => ({ app_id, shard })))
}

/** The shard of an owner: all of its records go there, so that they keep their order. */
export function shardOf(owner: string, shards: number): number {
  return createHash('sha256').update(owner).digest().readUInt32BE(0) % shards
}

/**
 * Stores records in their shards; once it returns without `retryAfterMs`, all of them are durable.
 *
 * @param unanswered whether they are in a request that may still arrive at Heap
 * @returns `retryAfterMs` where a shard has no room. Of a body of several shards, others may have stored their part then.
 * @throws where a shard or a limiter cannot be reached
 */
export async function storeUnsent(
  env: Outbox,
  app_id: string,
  records: readonly Unsent[],
  { outbox }: Config,
  unanswered: boolean,
): Promise<{ retryAfterMs?: number }> {
  const byShard = Map.groupBy(records, ({ owner, holder }) =>
    holder === NOBODY ? shardOf(owner, outbox.shards) : holder,
  )
  const answers = await Promise.all(
    Array.from(byShard, async ([shard, unsent]) => {
      const plain = unsent.map(({ owner, path, body }) => ({ owner, path, body }))
      return { unsent, stored: await outboxShard(env, app_id, shard).store({ app_id, shard }, plain, unanswered) }
    }),
  )
  const moved: Unsent[] = []
  for (const { unsent, stored } of answers) {
    if (stored.outcome === 'full') return { retryAfterMs: stored.retryAfterMs }
    if (stored.outcome !== 'elsewhere') continue
    // The number of shards was changed while records waited: the old shard keeps its owners until it is done with them.
    for (const record of unsent) moved.push({ ...record, holder: stored.holders[record.owner] ?? record.holder })
  }
  return moved.length > 0 ? storeUnsent(env, app_id, moved, { outbox } as Config, unanswered) : {}
}

/** The id of a record that was set aside: the environment, the shard and the number there. */
export function setAsideId({ app_id, shard }: Place, number: number): string {
  return `${app_id}-${shard}-${number}`
}

/** Where such a record is; nothing where there can be none of this id. */
export function parseSetAsideId(id: unknown, config: Config): (Place & { number: number }) | undefined {
  const [, app_id = '', shard, number] = /^(\d+)-(\d{1,2})-(\d{1,15})$/.exec(String(id)) ?? []
  if (!config.appIds.has(app_id) || Number(shard) >= config.outbox.shards) return undefined
  return { app_id, shard: Number(shard), number: Number(number) }
}
