/**
 * Where Heap listens, by region.
 * @module
 */
import type { Region } from './types.ts'

/** Origin of the ingestion routes. EU: developers.heap.io/reference/track-1 ("NOT heapanalytics.com") */
export const INGEST_ORIGINS = {
  us: 'https://heapanalytics.com',
  eu: 'https://c.eu.heap-api.com',
} as const satisfies Record<Region, string>

/**
 * Origin of token, deletion and deletion status: the same in both regions.
 * developers.heap.io/reference/user-deletion ("both US and EU data centers")
 */
export const ADMIN_ORIGIN = 'https://heapanalytics.com'

/** Origin of the capture routes that Heap's browser and mobile SDKs write to. */
export const CAPTURE_ORIGINS = {
  us: 'https://c.us.heap-api.com',
  eu: 'https://c.eu.heap-api.com',
} as const satisfies Record<Region, string>

/** Paths of Heap's API, as of developers.heap.io and, for the partner routes, Heap's own integrations. */
export const PATHS = {
  track: '/api/track',
  addUserProperties: '/api/add_user_properties',
  addAccountProperties: '/api/add_account_properties',
  identify: '/api/v1/identify',
  authToken: '/api/public/v0/auth_token',
  userDeletion: '/api/public/v0/user_deletion',
  deletionStatus: '/api/public/v0/deletion_status/:deletion_request_id',
  partnerTrack: '/api/integrations/track',
  partnerAddUserProperties: '/api/integrations/add_user_properties',
  partnerAuthorize: '/api/partner/oauth/authorize',
  partnerToken: '/api/partner/oauth/token',
  partnerMetadata: '/api/partner/v1/metadata/:id_token',
  captureTrack: '/api/capture/v2/track',
  captureIdentify: '/api/capture/v2/identify',
  captureAddUserProperties: '/api/capture/v2/add_user_properties',
} as const
