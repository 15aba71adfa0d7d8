/**
 * How a package that is published is built: an ES module and its types for each entry, checked as npm will serve them.
 * @module
 */
import type { UserConfig } from 'tsdown'

/**
 * The tsdown configuration of a library. The package is packed and looked at by publint and attw; what they find fails the
 * build. Types of our own private packages are written into the library's own.
 *
 * @param entry the source file of each entry, by its name in `dist`
 * @param more what this library has beside
 * @example
 * ```ts
 * // tsdown.config.ts
 * export default library({ index: 'src/index.ts' })
 * ```
 */
export function library(entry: Record<string, string>, more: UserConfig = {}): UserConfig {
  return {
    entry,
    format: 'esm',
    platform: 'neutral',
    target: 'es2022',
    dts: { generator: 'oxc' },
    publint: { strict: true },
    attw: { profile: 'esm-only', level: 'error' },
    deps: { dts: { alwaysBundle: [/^@heap-edge\//] } },
    ...more,
  }
}
