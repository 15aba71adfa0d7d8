/**
 * Google Sheets.
 * @module
 */
export type { ServiceAccount } from './account.ts'
export { append, type Appended, type AppendOptions, type AppendSettings } from './append.ts'
export { type CellValue, toCell } from './cells.ts'
