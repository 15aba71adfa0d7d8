/**
 * What people paste from an address bar.
 * @module
 */

/** Blanks and slashes come along where an address is copied. */
export const trimmed = (value: unknown): string => String(value).replace(/^[\s/]+|[\s/]+$/g, '')
