/**
 * The operations page and its figures in the OpenAPI document.
 * @module
 */
import { VIEWS } from '../metrics/types.ts'
import { admin, query } from './admin-paths.ts'
import { refusals } from './answers.ts'

const text = (type: string) => ({ [type]: { schema: { type: 'string' } } })

/** The paths. */
export const OPERATIONS_PATHS = {
  '/admin': {
    get: {
      operationId: 'operationsPage',
      summary: 'the operations page, which asks for the token itself',
      tags: ['admin'],
      responses: { 200: { description: 'The page', content: text('text/html') } },
    },
  },
  '/admin/metrics': {
    get: {
      ...admin,
      operationId: 'metrics',
      summary: "the figures in Prometheus' text format",
      responses: {
        200: { description: 'Counters, a histogram and gauges', content: text('text/plain') },
        ...refusals(['unauthorized', 'admin-closed']),
      },
    },
  },
  '/admin/live': {
    get: {
      ...admin,
      operationId: 'live',
      summary: 'what the operations page shows, as server-sent events: at once, then every two seconds',
      parameters: [
        {
          ...query('range', 'string', 'How far back the figures reach; an hour where it is missing'),
          schema: { type: 'string', enum: Object.keys(VIEWS) },
        },
      ],
      responses: {
        200: {
          description: 'Events `series` (figures over time) and `state` (how all stands). It ends after five minutes',
          content: text('text/event-stream'),
        },
        ...refusals(['unauthorized', 'admin-closed', 'invalid-body']),
      },
    },
  },
}
