/**
 * Readers of CRMs: what a company has about its customers, page by page.
 * @module
 */
export { monday, type MondayOptions } from './monday.ts'
export { pipedrive, type PipedriveOptions } from './pipedrive.ts'
export type { Page, Reader, ReaderOptions } from './reader.ts'
export { salesforce, type SalesforceOptions } from './salesforce.ts'
