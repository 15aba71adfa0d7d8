/**
 * Which fields the records of each call have.
 * @module
 */
import type { Path } from '../prepare.ts'
import { accountId, event, type Field, identity, key, timestamp, userId } from './fields.ts'
import { properties } from './properties.ts'

/** The fields of a kind of record. */
export interface Shape {
  /** Fields that a record must have. */
  needs: string[]
  /** Fields of which it has exactly one. */
  oneOf?: [string, string]
  fields: Record<string, Field>
}

/** By the path that the records are sent to. */
export const shapes: Record<Path, Shape> = {
  '/api/track': {
    needs: ['event'],
    oneOf: ['identity', 'user_id'],
    fields: {
      event,
      identity,
      user_id: userId,
      properties: properties('event'),
      timestamp,
      session_id: key,
      idempotency_key: key,
    },
  },
  '/api/v1/identify': {
    needs: ['user_id', 'identity'],
    fields: { user_id: userId, identity, timestamp },
  },
  '/api/add_user_properties': {
    needs: ['identity'],
    fields: { identity, properties: properties('user') },
  },
  '/api/add_account_properties': {
    needs: ['account_id'],
    fields: { account_id: accountId, properties: properties('account') },
  },
}
