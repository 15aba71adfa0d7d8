/**
 * Suppresses users: tells the limiter of each, in every environment, and has the outbox drop what waits.
 * @module
 */
import { identityLimiter } from '../limits/durable.ts'
import { limiterName } from '../limits/permits.ts'
import type { Config } from '../config.ts'
import type { Env } from '../env.ts'
import { outboxShard, shardOf } from '../outbox/shards.ts'
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
  { appIds, limitMarginMs, outbox: { shards } }: Config,
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
          return { owner, holder: (await limiter.suppress(until, call, limitMarginMs)).holder }
        }),
      )
      const byShard = new Map<number, Set<string>>()
      const tell = (shard: number, owner: string) => {
        if (shard >= 0) byShard.set(shard, (byShard.get(shard) ?? new Set()).add(owner))
      }
      for (const { owner, holder } of held) {
        tell(holder, owner)
        // What was set aside is there although nobody holds its owner any more; what joins a user_id may be anywhere.
        if (owner.startsWith('user_id:')) for (let shard = 0; shard < shards; shard++) tell(shard, owner)
        else tell(shardOf(owner, shards), owner)
      }
      await Promise.all(
        Array.from(byShard, ([shard, those]) =>
          outboxShard(env, app_id, shard).suppress({ app_id, shard }, [...those], until > Date.now()),
        ),
      )
    }),
  )
}
