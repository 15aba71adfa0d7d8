/**
 * Suppresses users: tells the limiter of each, in every environment, and has the outbox drop what waits.
 * @module
 */
import { identityLimiter } from '../limits/durable.ts'
import { limiterName } from '../limits/permits.ts'
import type { Config } from '../config.ts'
import type { Env } from '../env.ts'
import { outboxShard } from '../outbox/shards.ts'
import type { DeletedUser } from './world.ts'

/** Calls of Durable Objects in one round: Workers Free allows 1000. */
const CALLS_PER_ROUND = 400

/** How many users can be suppressed in one round. */
export function usersPerRound({ appIds }: Config): number {
  return Math.max(1, Math.floor(CALLS_PER_ROUND / appIds.size))
}

/**
 * Heap deletes a user in all environments of the account, so that all of them are told.
 *
 * @throws where a limiter or a shard could not be reached: nobody knows then which of them were
 */
export async function suppress(
  env: Pick<Env, 'IDENTITY_LIMITER' | 'OUTBOX'>,
  { appIds, limitMarginMs }: Config,
  users: readonly DeletedUser[],
  until: number,
  call: number,
): Promise<void> {
  const owners = users.map(({ kind, value }) => `${kind}:${value}`)
  await Promise.all(
    Array.from(appIds, async (app_id) => {
      const held = await Promise.all(
        owners.map(async (owner) => {
          const limiter = identityLimiter(env.IDENTITY_LIMITER, limiterName(app_id, owner))
          return { owner, shard: (await limiter.suppress(until, call, limitMarginMs)).holder }
        }),
      )
      if (until <= Date.now()) return
      const byShard = Map.groupBy(
        held.filter(({ shard }) => shard >= 0),
        ({ shard }) => shard,
      )
      await Promise.all(
        Array.from(byShard, ([shard, those]) =>
          outboxShard(env, app_id, shard).suppress(
            { app_id, shard },
            those.map(({ owner }) => owner),
          ),
        ),
      )
    }),
  )
}
