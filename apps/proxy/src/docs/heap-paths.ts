/**
 * Heap's own routes for deletions, the way back from Heap's OAuth, and the client, in the OpenAPI document.
 * @module
 */
import { PATHS } from '@heap-edge/contract'
import { json, usersSchema } from './admin-paths.ts'

const OWN = "Heap's own route, with the ADMIN_TOKEN in the place of the API key"
const operation = (operationId: string, summary: string, description: string) => ({
  operationId,
  summary,
  tags: ['heap'],
  responses: { 200: { description } },
})

/** The paths. */
export const HEAP_PATHS = {
  [PATHS.authToken]: {
    post: operation(
      'authToken',
      `${OWN}: Basic app_id:ADMIN_TOKEN gives a token for the next two`,
      '`{ "access_token": … }`, for five minutes',
    ),
  },
  [PATHS.userDeletion]: {
    post: {
      ...operation('userDeletion', 'deletes users, as POST /admin/deletions', 'The `deletion_request_id`'),
      requestBody: { required: true, content: json(usersSchema) },
    },
  },
  [PATHS.deletionStatus.replace(/:(\w+)/, '{$1}')]: {
    get: {
      ...operation('deletionStatus', 'how that stands', "In Heap's words"),
      parameters: [{ name: 'deletion_request_id', in: 'path', required: true, schema: { type: 'string' } }],
    },
  },
}

/** What browsers come to. */
export const PAGE_PATHS = {
  '/heap-edge.js': {
    get: {
      ...operation('script', 'the client, for a script tag', 'JavaScript, with an ETag; `?v=` names a version'),
      tags: ['pages'],
    },
  },
  '/connect/heap': {
    get: {
      ...operation('connectHeap', 'where the link of POST /admin/connections leads: goes on to Heap', ''),
      tags: ['pages'],
      responses: { 302: { description: 'To Heap' } },
    },
  },
  '/connect/heap/callback': {
    get: {
      ...operation('connectCallback', 'the redirect URI that Heap must know: comes back from there', 'A page'),
      tags: ['pages'],
    },
  },
}
