/**
 * Writes accounts.
 * @module
 */
import type { AccountProperties } from '@heap-edge/contract'
import { MERGE_PROPERTIES, storedText, TooLarge } from './properties.ts'
import type { Place } from './schema.ts'

/** Sets properties of accounts, in order; unknown accounts are created. */
export function setAccountProperties(
  sql: SqlStorage,
  { appId, now }: Place,
  accounts: readonly AccountProperties[],
): void {
  for (const { account_id, properties } of accounts) {
    const { rowsWritten } = sql.exec(
      `INSERT INTO accounts (app_id, account_id, properties, first_seen, last_seen) VALUES (?, ?, ?, ?, ?)
       ${MERGE_PROPERTIES}`,
      appId,
      account_id,
      storedText(properties),
      now,
      now,
    )
    if (rowsWritten === 0) throw new TooLarge()
  }
}
