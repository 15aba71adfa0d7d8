/**
 * Hooks, runs of workflows and connections in the OpenAPI document.
 * @module
 */
import type { ProblemKind } from '../problem.ts'
import { ADMIN_REFUSALS, admin, idInPath, json, pageOf, query } from './admin-paths.ts'
import { refusals } from './answers.ts'

const startedSchema = {
  type: 'object',
  properties: {
    runs: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          workflow: { type: 'string' },
          id: { type: 'string' },
          known: { type: 'boolean', description: 'It came before, and starts nothing' },
        },
      },
    },
  },
}

const runSchema = {
  type: 'object',
  properties: {
    id: { type: 'string' },
    workflow: { type: 'string' },
    trigger: { type: 'string', enum: ['event', 'segment', 'run', 'schedule', 'deletion'] },
    state: { type: 'string', enum: ['received', 'running', 'complete', 'errored'] },
    created_at: { type: 'string', format: 'date-time' },
    ended_at: { type: ['string', 'null'], format: 'date-time' },
    problem: { type: ['string', 'null'] },
    input_bytes: { type: 'integer' },
    input: { description: 'What triggered it; null where it is too long to be shown here' },
    steps: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          name: { type: 'string' },
          state: { type: 'string', enum: ['running', 'waiting', 'failed', 'complete', 'errored'] },
          attempts: { type: 'integer' },
          started_at: { type: 'string', format: 'date-time' },
          ended_at: { type: ['string', 'null'], format: 'date-time' },
          problem: { type: ['string', 'null'] },
        },
      },
    },
  },
}

const hook = { tags: ['hooks'] }
const HOOK_REFUSALS: ProblemKind[] = ['hook-unauthorized', 'invalid-body', 'body-too-large', 'misconfigured']
const inPath = (name: string, description: string) => ({
  name,
  in: 'path',
  required: true,
  description,
  schema: { type: 'string' },
})
const started = {
  202: { description: 'It is stored durably, and will run', content: json(startedSchema) },
  200: { description: 'It came before, or nobody waits for it', content: json(startedSchema) },
}

/** The paths. */
export const WORKFLOW_PATHS = {
  '/hooks/event/{token}': {
    post: {
      ...hook,
      operationId: 'eventHook',
      summary: "takes Heap's event webhook: an object of values, with at most one level inside, of at most 1 MB",
      parameters: [inPath('token', 'HOOK_TOKEN')],
      requestBody: { required: true, content: json({ type: 'object' }) },
      responses: { ...started, ...refusals(HOOK_REFUSALS) },
    },
  },
  '/hooks/segment': {
    post: {
      ...hook,
      operationId: 'segmentHook',
      summary: "takes Heap's segment sync, signed in Heap-Hash with WEBHOOK_SECRET, of at most 10 MB",
      parameters: [
        { name: 'Heap-Hash', in: 'header', required: true, description: '`ts:…,hmac:…`', schema: { type: 'string' } },
      ],
      requestBody: { required: true, content: json({ type: 'object' }) },
      responses: {
        200: { description: 'The page is stored durably', content: json({ type: 'object' }) },
        ...refusals(HOOK_REFUSALS),
      },
    },
  },
  '/hooks/run/{workflow}/{token}': {
    post: {
      ...hook,
      operationId: 'runHook',
      summary: 'takes a list of records for a workflow, of at most 10 MB',
      parameters: [
        inPath('workflow', 'Its name in heap.config.ts'),
        inPath('token', 'HOOK_TOKEN'),
        {
          name: 'Idempotency-Key',
          in: 'header',
          description:
            'With the same one it is the same run, and other records are refused; without, the same content is the same run for ten minutes',
          schema: { type: 'string' },
        },
      ],
      requestBody: { required: true, content: json({ type: 'array', minItems: 1, items: { type: 'object' } }) },
      responses: { ...started, ...refusals([...HOOK_REFUSALS, 'not-found', 'idempotency-key-reused']) },
    },
  },
  '/admin/workflows': {
    get: {
      ...admin,
      operationId: 'workflows',
      summary: 'the workflows, and their runs with steps, errors and input, newest first',
      parameters: [
        query('state', 'string', 'Only runs in this state'),
        query('workflow', 'string', 'Only runs of this one'),
        query('limit', 'integer', 'Runs to list, 1 to 100; 50 where it is missing'),
        query('before', 'integer', 'The `next` of the list before'),
      ],
      responses: {
        200: pageOf(
          { workflows: { type: 'array', items: { type: 'object' } }, runs: { type: 'array', items: runSchema } },
          'integer',
          'before',
        ),
        ...refusals(ADMIN_REFUSALS),
      },
    },
    post: {
      ...admin,
      operationId: 'runWorkflow',
      summary: 'runs a workflow that has a schedule now',
      requestBody: {
        required: true,
        content: json({ type: 'object', required: ['workflow'], properties: { workflow: { type: 'string' } } }),
      },
      responses: { 202: started[202], ...refusals([...ADMIN_REFUSALS, 'not-found']) },
    },
  },
  '/admin/workflows/{id}': {
    get: {
      ...admin,
      operationId: 'workflowRun',
      summary: 'one run, with its input up to 1 MB',
      parameters: [idInPath],
      responses: {
        200: { description: 'How it stands', content: json(runSchema) },
        ...refusals([...ADMIN_REFUSALS, 'not-found']),
      },
    },
  },
  '/admin/workflows/{id}/retry': {
    post: {
      ...admin,
      operationId: 'retryWorkflowRun',
      summary: 'has a run that failed go on at the step that did',
      parameters: [idInPath, query('anew', 'boolean', 'It begins anew, and what was done is done again')],
      responses: {
        202: { description: 'It goes on', content: json(runSchema) },
        ...refusals([...ADMIN_REFUSALS, 'not-found', 'nothing-to-retry', 'run-forgotten', 'unavailable']),
      },
    },
  },
  '/admin/connections': {
    get: {
      ...admin,
      operationId: 'connections',
      summary: 'environments of Heap that are connected for segment syncs',
      responses: {
        200: {
          description: 'All of them, without their tokens',
          content: json({ type: 'object', properties: { connections: { type: 'array', items: { type: 'object' } } } }),
        },
        ...refusals(ADMIN_REFUSALS),
      },
    },
    post: {
      ...admin,
      operationId: 'connect',
      summary: 'gives a link that connects one, to be opened in a browser within ten minutes',
      responses: {
        201: {
          description: 'The link',
          content: json({ type: 'object', properties: { url: { type: 'string' }, expires_in: { type: 'integer' } } }),
        },
        ...refusals([...ADMIN_REFUSALS, 'not-found']),
      },
    },
  },
  '/admin/connections/{id_token}': {
    delete: {
      ...admin,
      operationId: 'disconnect',
      summary: 'forgets one; Heap has to be told as well',
      parameters: [inPath('id_token', 'As it is listed')],
      responses: { 204: { description: 'It is gone' }, ...refusals([...ADMIN_REFUSALS, 'not-found']) },
    },
  },
}
