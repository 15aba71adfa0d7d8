/**
 * The account that the sandbox has: two environments, one of them Main Production.
 * @module
 */

/** The environment whose app_id belongs to the API key. */
export const MAIN_PRODUCTION = '123456789'

/** All environments; data for others are answered with 200 and dropped, as Heap does. */
export const ENVIRONMENTS: ReadonlySet<string> = new Set([MAIN_PRODUCTION, '987654321'])
