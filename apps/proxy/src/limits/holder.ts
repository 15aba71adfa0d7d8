/**
 * Who sends for an identity, as its limiter says: the number of a shard of the outbox, or one of these.
 * @module
 */

/** No shard holds it: what its limits let through is sent at once. */
export const NOBODY = -1

/** Nobody sends for it: it is being deleted. */
export const SUPPRESSED = -2
