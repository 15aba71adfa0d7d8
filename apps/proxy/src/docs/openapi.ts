/**
 * The routes as an OpenAPI 3.1 document, made from the schemas that validate.
 * @module
 */
import { requests } from '@heap-edge/contract'
import * as z from 'zod'
import { sentAt } from '../ingest/clock.ts'
import type { ProblemKind } from '../problem.ts'
import { ADMIN_PATHS } from './admin-paths.ts'
import { HEAP_PATHS, PAGE_PATHS } from './heap-paths.ts'
import { limits, mixed, outcome, refusals } from './answers.ts'
import { OPERATIONS_PATHS } from './operations-paths.ts'
import { WORKFLOW_PATHS } from './workflow-paths.ts'

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

const REFUSALS: ProblemKind[] = [
  'invalid-body',
  'refused-by-heap',
  'identity-not-proven',
  'origin-not-allowed',
  'body-too-large',
  'not-json',
  'outbox-full',
  'client-rate-limited',
  'misconfigured',
  'unavailable',
]

/** What a sender writes, rather than what it becomes. `app_id` may be left out here, and `sent_at` is ours. */
function inputSchema(schema: z.ZodType | undefined) {
  if (!schema) return []
  const json = schemaOf(schema)
  const required = json.required?.filter((name) => name !== 'app_id')
  return [{ ...json, properties: { ...json.properties, sent_at: schemaOf(sentAt) }, required }]
}

function schemaOf(schema: z.ZodType) {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', override: withoutUnions })
  delete json.$schema
  return json
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

/** The document. `servers` is relative, so that it fits wherever the Worker is deployed. */
export function openapi() {
  const paths = ROUTES.map(([contract, operationId, summary, example]) => [
    contract.path,
    {
      post: {
        operationId,
        summary,
        tags: ['ingest'],
        security: [{}, { identityToken: [] }, { adminToken: [] }],
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
            description: 'Heap has all of it; or the user is being deleted (`suppressed`) and nothing was sent',
            headers: { ...outcome, ...mixed, ...limits },
            content: { 'application/json': { schema: { type: 'object' }, example: {} } },
          },
          202: {
            description: 'Heap has it, or will get it: what Heap cannot take now is safe in the outbox',
            headers: { ...outcome, ...mixed, ...limits },
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
      ...OPERATIONS_PATHS,
      ...ADMIN_PATHS,
      ...WORKFLOW_PATHS,
      ...HEAP_PATHS,
      ...PAGE_PATHS,
      '/healthz': {
        get: {
          operationId: 'healthz',
          summary: 'whether the settings are in order',
          tags: ['pages'],
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
      securitySchemes: {
        adminToken: { type: 'http', scheme: 'bearer', description: 'The ADMIN_TOKEN' },
        identityToken: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description:
            "Where IDENTITY_SECRET is set: proves the identity in a body. Signed by the site's back end, by HS256 with the secret's UTF-8 bytes; `sub` is the identity, `exp` is needed. Records with a user_id, and accounts, need none.",
        },
      },
    },
  }
}
