/**
 * The routes as an OpenAPI 3.1 document, made from the schemas that validate.
 * @module
 */
import { requests } from '@heap-edge/contract'
import * as z from 'zod'
import { PROBLEMS, type ProblemKind } from '../problem.ts'

const VERSION = '0.1.0'

const problemSchema = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail'],
  properties: {
    type: { type: 'string', examples: ['/docs#invalid-body'] },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    errors: {
      type: 'array',
      description: 'What is wrong, and where: JSON pointers (RFC 6901) into the body.',
      items: {
        type: 'object',
        required: ['pointer', 'detail'],
        properties: {
          pointer: { type: 'string', examples: ['/events/3/properties/plan'] },
          detail: { type: 'string' },
        },
      },
    },
  },
}

const header = (description: string) => ({ description, schema: { type: 'string' } })
const outcome = {
  'Heap-Edge-Outcome': {
    description: 'What became of the records',
    schema: { type: 'string', enum: ['delivered', 'queued', 'suppressed', 'rejected'] },
  },
}
const limits = {
  RateLimit: header(
    'What is left of the requests and events of the identity: `"requests";r=29;t=30, "events";r=999;t=60`',
  ),
  'RateLimit-Policy': header('The limits of Heap: `"requests";q=30;w=30, "events";q=1000;w=60`'),
}
const retryAfter = { 'Retry-After': header('Seconds to wait') }

/** One answer for each status, since several kinds of problems share one. */
function refusals(kinds: ProblemKind[]) {
  const byStatus = new Map<number, string[]>()
  for (const kind of kinds) {
    const [status, title] = PROBLEMS[kind]
    byStatus.set(status, [...(byStatus.get(status) ?? []), `${title} (\`${kind}\`)`])
  }
  return Object.fromEntries(
    [...byStatus].map(([status, titles]) => [
      status,
      {
        description: titles.join('; '),
        headers: { ...outcome, ...(status === 429 && { ...retryAfter, ...limits }), ...(status === 503 && retryAfter) },
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    ]),
  )
}

const REFUSALS: ProblemKind[] = [
  'invalid-body',
  'refused-by-heap',
  'origin-not-allowed',
  'body-too-large',
  'not-json',
  'outbox-full',
  'misconfigured',
  'unavailable',
]

/** What a sender writes, rather than what it becomes. `app_id` may be left out here. */
function inputSchema(schema: z.ZodType | undefined) {
  if (!schema) return []
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', override: withoutUnions })
  delete json.$schema
  return [{ ...json, required: json.required?.filter((name) => name !== 'app_id') }]
}

/** Fields that also take a number say so in their text; their type is what they are on the wire. */
function withoutUnions({ jsonSchema }: { jsonSchema: { anyOf?: unknown; type?: unknown } }): void {
  if (jsonSchema.type === 'string') delete jsonSchema.anyOf
}

const ROUTES = [
  [
    requests.track,
    'track',
    'Track one event, or up to 1000 in events',
    { event: 'Purchase', identity: 'alice@example.com', properties: { amount: 25 } },
  ],
  [
    requests.addUserProperties,
    'add_user_properties',
    'Add properties to one user, or to up to 1000 in users',
    { identity: 'alice@example.com', properties: { plan: 'pro' } },
  ],
  [
    requests.addAccountProperties,
    'add_account_properties',
    'Add properties to one account, or to up to 1000 in accounts',
    { account_id: 'acme', properties: { seats: 5 } },
  ],
  [
    requests.identify,
    'identify',
    "Join a user_id's past to an identity, for ever",
    { user_id: '8325872782136936', identity: 'alice@example.com' },
  ],
] as const

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

const json = (schema: object) => ({ 'application/json': { schema } })
const query = (name: string, type: string, description: string) => ({
  name,
  in: 'query',
  description,
  schema: { type },
})
const admin = { tags: ['admin'], security: [{ adminToken: [] }] }
const ADMIN_REFUSALS: ProblemKind[] = ['unauthorized', 'admin-closed', 'invalid-body', 'misconfigured']

const ADMIN_PATHS = {
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
      parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }],
      responses: { 204: { description: 'It is gone' }, ...refusals([...ADMIN_REFUSALS, 'not-found']) },
    },
  },
}

/** The document. `servers` is relative, so that it fits wherever the Worker is deployed. */
export function openapi() {
  const paths = ROUTES.map(([contract, operationId, summary, example]) => [
    contract.path,
    {
      post: {
        operationId,
        summary,
        tags: ['ingest'],
        requestBody: {
          required: true,
          content: {
            'application/json': {
              schema: { oneOf: [...inputSchema(contract.one), ...inputSchema(contract.many)] },
              example,
            },
          },
        },
        responses: {
          200: {
            description: 'Heap has all of it',
            headers: { ...outcome, ...limits },
            content: { 'application/json': { schema: { type: 'object' }, example: {} } },
          },
          202: {
            description: 'Heap has it, or will get it: what Heap cannot take now is safe in the outbox',
            headers: { ...outcome, ...limits },
            content: { 'application/json': { schema: { type: 'object' }, example: {} } },
          },
          ...refusals(REFUSALS),
        },
      },
    },
  ])
  return {
    openapi: '3.1.0',
    info: {
      title: 'heap-edge',
      version: VERSION,
      description:
        'Events and properties for Heap, without the API key in the page. The bodies are those of Heap itself.',
    },
    servers: [{ url: '/' }],
    paths: {
      ...Object.fromEntries(paths),
      ...ADMIN_PATHS,
      '/healthz': {
        get: {
          operationId: 'healthz',
          summary: 'Whether the settings are in order',
          tags: ['operations'],
          responses: {
            200: {
              description: 'They are',
              content: { 'application/json': { schema: { type: 'object' }, example: { status: 'ok' } } },
            },
            ...refusals(['misconfigured']),
          },
        },
      },
    },
    components: {
      schemas: { Problem: problemSchema },
      securitySchemes: { adminToken: { type: 'http', scheme: 'bearer' } },
    },
  }
}
