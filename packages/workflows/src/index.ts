/**
 * What to do when something happened: small actions for workflows, each a function that asks one service, once. They run in Workers
 * and in Node.
 * @module
 */
export { readBody } from './body.ts'
export * as clearbit from './clearbit.ts'
export * as crm from './crm/index.ts'
export {
  ActionError,
  type ActionErrorDetails,
  canBeRetried,
  isActionError,
  isOptionError,
  OptionError,
} from './errors.ts'
export { hidden } from './failure.ts'
export { flattenEvent } from './event.ts'
export { flatten, type FlatRecord, type FlattenOptions, type FlatValue } from './flat.ts'
export type { Page, Reader } from './crm/index.ts'
export { pageGuard } from './crm/reader.ts'
export * as googleSheets from './google/index.ts'
export * as heap from './heap/index.ts'
export { jsonPages, type JsonPagesOptions } from './json-pages.ts'
export { emailOf, isReserved, type Lead, mergeLead } from './lead.ts'
export type { Action, CallOptions } from './options.ts'
export { escapeSlack, slack, type SlackOptions, type SlackSettings } from './slack.ts'
export { webhook, type WebhookOptions, type WebhookSettings } from './webhook.ts'
