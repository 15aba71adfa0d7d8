/**
 * The admin routes in the OpenAPI document.
 * @module
 */
import { USERS_PER_DELETION } from '@heap-edge/contract'
import { STATES } from '../deletions/state.ts'
import type { ProblemKind } from '../problem.ts'
import { header, refusals, retryAfter } from './answers.ts'

/** How a deletion stands. */
const deletionSchema = {
  type: 'object',
  properties: {
    id: { type: 'string', format: 'uuid' },
    state: { type: 'string', enum: STATES },
    users: { type: 'integer' },
    overdue: { type: 'boolean', description: 'It takes longer than DELETION_OVERDUE_HOURS' },
    accepted_at: { type: 'string', format: 'date-time' },
    submitted_at: { type: ['string', 'null'], format: 'date-time' },
    ended_at: { type: ['string', 'null'], format: 'date-time' },
    next_poll: { type: ['string', 'null'], format: 'date-time' },
    problem: { type: ['string', 'null'], description: 'What went wrong last' },
  },
}

export const usersSchema = {
  type: 'object',
  description: "Heap's own body",
  required: ['users'],
  properties: {
    users: {
      type: 'array',
      minItems: 1,
      maxItems: USERS_PER_DELETION,
      items: {
        type: 'object',
        description: 'Exactly one of the two',
        properties: { identity: { type: 'string', maxLength: 255 }, user_id: { type: ['string', 'integer'] } },
      },
    },
  },
}

const recordsSchema = {
  type: 'object',
  description: 'The list of an opt-out workflow: only those with opt_out: true are deleted',
  required: ['records'],
  properties: {
    records: {
      type: 'array',
      minItems: 1,
      maxItems: USERS_PER_DELETION,
      items: {
        type: 'object',
        required: ['identity_type', 'value', 'opt_out'],
        properties: {
          user_name: { type: 'string', maxLength: 255, description: 'By which notifications name the user' },
          email: { type: 'string' },
          identity_type: { type: 'string', enum: ['identity', 'user_id'] },
          value: { type: ['string', 'integer'] },
          opt_out: { type: 'boolean' },
        },
      },
    },
  },
}

/** A record that was set aside, and how a shard stands. */
const outboxSchema = {
  type: 'object',
  properties: {
    depth: { type: 'integer', description: 'Records that wait' },
    bytes: { type: 'integer', description: 'Bytes of all records, those set aside too' },
    oldest_age_s: { type: ['integer', 'null'], description: 'Age of the oldest record that waits, in seconds' },
    set_aside: { type: 'integer' },
    shards: {
      type: 'array',
      description:
        'The same for each shard, with its failures in a row, what came of the last one and the next attempt',
      items: { type: 'object' },
    },
    records: {
      type: 'array',
      description: 'Records that were set aside, oldest first in each shard',
      items: {
        type: 'object',
        properties: {
          id: { type: 'string', examples: ['123456789-2-17'] },
          app_id: { type: 'string' },
          path: { type: 'string' },
          record: { type: 'object' },
          stored_at: { type: 'string', format: 'date-time' },
          set_aside_at: { type: 'string', format: 'date-time' },
          why: { type: 'string', enum: ['refused', 'expired'] },
          status: { type: ['integer', 'null'], description: "Heap's status, where it refused" },
          reason: { type: ['string', 'null'] },
        },
      },
    },
    next: { type: ['string', 'null'], description: 'Goes into `after`, where there are more' },
  },
}

export const idInPath = { name: 'id', in: 'path', required: true, schema: { type: 'string' } }

export const json = (schema: object) => ({ 'application/json': { schema } })
export const query = (name: string, type: string, description: string) => ({
  name,
  in: 'query',
  description,
  schema: { type },
})
/** A page of a list; `next` goes into the query parameter of this name. */
export const pageOf = (lists: object, type: string, parameter: string) => ({
  description: 'A page of them',
  content: json({
    type: 'object',
    properties: {
      ...lists,
      next: { type: [type, 'null'], description: `Goes into \`${parameter}\`, where there are more` },
    },
  }),
})
export const admin = { tags: ['admin'], security: [{ adminToken: [] }] }
export const ADMIN_REFUSALS: ProblemKind[] = ['unauthorized', 'admin-closed', 'invalid-body', 'misconfigured']

/** The paths. */
export const ADMIN_PATHS = {
  '/admin/outbox': {
    get: {
      ...admin,
      operationId: 'outbox',
      summary: 'what waits, and what was set aside and why',
      parameters: [
        query('limit', 'integer', 'Records to list, 0 to 1000; 100 where it is missing'),
        query('after', 'string', 'The id after which to go on'),
      ],
      responses: {
        200: { description: 'How it stands', content: json(outboxSchema) },
        ...refusals(ADMIN_REFUSALS),
      },
    },
  },
  '/admin/outbox/retry': {
    post: {
      ...admin,
      operationId: 'retryOutbox',
      summary: 'puts back what was set aside, all or { "ids": [...] }, and tries at once',
      requestBody: {
        content: json({ type: 'object', properties: { ids: { type: 'array', items: { type: 'string' } } } }),
      },
      responses: {
        200: {
          description: 'How many were put back, and whether there are more: then call it again',
          content: json({ type: 'object', properties: { retried: { type: 'integer' }, more: { type: 'boolean' } } }),
        },
        ...refusals(ADMIN_REFUSALS),
      },
    },
  },
  '/admin/outbox/{id}': {
    delete: {
      ...admin,
      operationId: 'discardFromOutbox',
      summary: 'throws away one that was set aside',
      parameters: [idInPath],
      responses: { 204: { description: 'It is gone' }, ...refusals([...ADMIN_REFUSALS, 'not-found']) },
    },
  },
  '/admin/deletions': {
    post: {
      ...admin,
      operationId: 'deleteUsers',
      summary: 'deletes users: Heap is asked, and followed until it is done',
      parameters: [
        {
          name: 'Idempotency-Key',
          in: 'header',
          description: 'Whoever sends it again gets the same deletion; 1 to 255 visible ASCII characters',
          schema: { type: 'string' },
        },
      ],
      requestBody: {
        required: true,
        content: {
          'application/json': {
            schema: { oneOf: [usersSchema, recordsSchema] },
            example: { users: [{ identity: 'alice@example.com' }, { user_id: '5954094055083999' }] },
          },
        },
      },
      responses: {
        200: {
          description: 'Nobody in the list opted out, so that there is nothing to delete',
          content: json({
            type: 'object',
            properties: { users: { type: 'integer' }, skipped: { type: 'integer' } },
          }),
        },
        202: {
          description: 'It is stored, and will be followed to its end. `skipped` records did not opt out',
          headers: { Location: header('Where it is shown'), ...retryAfter },
          content: json(deletionSchema),
        },
        ...refusals([...ADMIN_REFUSALS, 'body-too-large', 'idempotency-key-reused']),
      },
    },
    get: {
      ...admin,
      operationId: 'deletions',
      summary: 'deletions, newest first',
      parameters: [
        { ...query('state', 'string', 'Only those in this state'), schema: { type: 'string', enum: STATES } },
        query('limit', 'integer', 'Deletions to list, 1 to 100; 50 where it is missing'),
        query('after', 'string', 'The id after which to go on'),
      ],
      responses: {
        200: pageOf({ deletions: { type: 'array', items: deletionSchema } }, 'string', 'after'),
        ...refusals(ADMIN_REFUSALS),
      },
    },
  },
  '/admin/deletions/{id}': {
    get: {
      ...admin,
      operationId: 'deletion',
      summary: 'everything about a deletion: requests of Heap, audit, notifications',
      parameters: [
        idInPath,
        {
          ...query('hashes', 'boolean', 'With the HMAC-SHA-256 of each user (`identity:…` or `user_id:…`) and its key'),
        },
      ],
      responses: {
        200: { description: 'How it stands', headers: retryAfter, content: json(deletionSchema) },
        ...refusals([...ADMIN_REFUSALS, 'not-found']),
      },
    },
  },
  '/admin/deletions/{id}/poll': {
    post: {
      ...admin,
      operationId: 'pollDeletion',
      summary: 'asks Heap now, at most once a minute; submits it again where Heap never took it',
      parameters: [idInPath],
      responses: {
        200: { description: 'How it stands then', headers: retryAfter, content: json(deletionSchema) },
        ...refusals([...ADMIN_REFUSALS, 'not-found']),
      },
    },
  },
  '/admin/raw/{path}': {
    post: {
      ...admin,
      operationId: 'raw',
      summary: 'any request to Heap, of any method, with its path, query and body; the answer is that of Heap',
      parameters: [
        { name: 'path', in: 'path', required: true, schema: { type: 'string' } },
        {
          name: 'Heap-Edge-Auth',
          in: 'header',
          description: "`token`: with Heap's access token; left out: without credentials",
          schema: { type: 'string', enum: ['token'] },
        },
      ],
      responses: {
        '2XX': { description: 'What Heap answered; so are other statuses' },
        ...refusals([...ADMIN_REFUSALS, 'body-too-large', 'heap-unreachable']),
      },
    },
  },
}
