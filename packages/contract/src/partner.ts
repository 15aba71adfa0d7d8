/**
 * Heap's routes for partners and for its own SDKs. They have no public contract: the shapes are those of Heap's own code
 * (heap-api sections 6, 7.2 and 8.4). heap-edge calls none of them by default.
 * @module
 */
import * as z from 'zod'
import { appId, eventName } from './fields.ts'
import { PARTNER_IDEMPOTENCY_KEY_LENGTH, RECORDS_PER_REQUEST } from './limits.ts'

const userIdentifier = z
  .object({
    identity: z.string().optional(),
    anonymous_id: z.string().optional(),
    user_id: z.string().optional(),
    email: z.string().optional(),
  })
  .refine((value) => Object.keys(value).length > 0, { error: 'needs at least one key' })

/** `POST /api/integrations/track`; property values are strings only. */
export const partnerTrack = z.object({
  app_id: appId,
  library: z.literal('server'),
  events: z.array(
    z.object({
      event: eventName,
      user_identifier: userIdentifier,
      custom_properties: z.record(z.string(), z.string()).optional(),
      idempotency_key: z.string().min(PARTNER_IDEMPOTENCY_KEY_LENGTH).optional(),
      timestamp: z.union([z.string(), z.number()]).optional(),
    }),
  ),
})

/** `POST /api/integrations/add_user_properties` */
export const partnerAddUserProperties = z.object({
  app_id: appId,
  library: z.enum(['server', 'looker']),
  users: z
    .array(
      z.object({
        user_identifier: userIdentifier,
        custom_properties: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
      }),
    )
    .max(RECORDS_PER_REQUEST),
})

/** Query of `GET /api/partner/oauth/authorize` */
export const partnerAuthorize = z.object({
  client_id: z.string().min(1),
  state: z.string().min(1),
  response_type: z.literal('code'),
  redirect_uri: z.url(),
  scope: z.literal('segment'),
})

/** `POST /api/partner/oauth/token` */
export const partnerToken = z.object({
  grant_type: z.literal('authorization_code'),
  code: z.string().min(1),
  redirect_uri: z.url(),
  client_id: z.string().min(1),
  client_secret: z.string().min(1),
})

/** 200 of `POST /api/partner/oauth/token`; `id_token` is an opaque UUID that names the customer. */
export const partnerTokenAnswer = z.object({
  access_token: z.string().min(1),
  id_token: z.string().min(1),
  token_type: z.literal('bearer'),
})

/** 200 of `GET /api/partner/v1/metadata/:id_token` */
export const partnerMetadata = z.looseObject({
  env_id: z.union([z.string(), z.number()]),
  partner_app_id: z.union([z.string(), z.number()]),
  authorized_by: z.unknown(),
  authorized_scope: z.unknown(),
  authorized_at_utc: z.unknown(),
})

const captured = { env_id: z.string(), user_id: z.string() }

/** `POST /api/capture/v2/track` of Heap's browser SDK, in its JSON form. */
export const captureTrack = z.looseObject({ events: z.array(z.looseObject({ id: z.string(), ...captured })) })

/** `POST /api/capture/v2/identify`, in its JSON form. */
export const captureIdentify = z.looseObject({ ...captured, identity: z.string(), time: z.unknown() })

/** `POST /api/capture/v2/add_user_properties`, in its JSON form. */
export const captureAddUserProperties = z.looseObject({
  ...captured,
  properties: z.record(z.string(), z.looseObject({ string: z.string() })),
})
