/**
 * The settings of the Worker: read once, checked together, told together.
 * @module
 */
import { ADMIN_ORIGIN, appId, INGEST_ORIGINS } from '@heap-edge/contract'
import workflows from '#heap.config'
import * as z from 'zod'
import { activeWorkflows, type ActiveWorkflow } from './workflows/active.ts'
import type { Workflow } from './workflows/define.ts'

/** Comma-separated values; blanks around them and empty ones do not count. */
const listOf = (item: z.ZodType<string, string>) =>
  z
    .string()
    .default('')
    .transform((value) =>
      value
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== ''),
    )
    .pipe(z.array(item))

const httpUrl = z
  .url({ protocol: /^https?$/, error: 'must be an http(s) URL' })
  // To such an address nothing can be sent.
  .refine((value) => !/^https?:\/\/[^/?#]*@/.test(value), { error: 'must not have a user or a password in it' })

const allowedOrigin = z.string().refine((value) => value === '*' || isOrigin(value), {
  error:
    'must be a comma-separated list of exact origins such as https://example.com (lower case, no path, no slash at the end, no port that goes without saying), or *',
})

/** A number as people write it; an empty text is none. */
const numeric = (fallback: number, isGood: (value: number) => boolean, error: string) =>
  z
    .union([z.number(), z.string().regex(/^\d+(\.\d+)?$/, { error })], { error })
    .transform(Number)
    .refine(isGood, { error })
    .default(fallback)

const whole = (fallback: number, least: number, most: number, unit = '') =>
  numeric(
    fallback,
    (value) => Number.isInteger(value) && value >= least && value <= most,
    `must be a whole number${unit}, ${least} to ${most}`,
  )

const milliseconds = (fallback: number, least: number, most: number) => whole(fallback, least, most, ' of milliseconds')

const upTo = (fallback: number, most: number, unit: string) =>
  numeric(
    fallback,
    (value) => value > 0 && value <= most,
    `must be a number of ${unit}, more than 0 and at most ${most}`,
  )

const hours = (fallback: number) => upTo(fallback, 8760, 'hours')

const HOUR_MS = 3_600_000

/** As Standard Webhooks writes it: `whsec_` and 24 to 64 bytes in base64. */
const webhookSecret = z.string().regex(/^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/, {
  error: 'must be whsec_ and 24 to 64 random bytes in base64',
})

const fields = z.object({
  HEAP_APP_ID: appId,
  HEAP_EXTRA_APP_IDS: listOf(appId as z.ZodType<string, string>),
  HEAP_REGION: z.enum(['us', 'eu'], { error: 'must be us or eu' }).default('us'),
  HEAP_BASE_URL: httpUrl
    .refine((value) => !/[?#]/.test(value), { error: 'must not have a query or a fragment' })
    .transform((value) => value.replace(/\/+$/, ''))
    .optional(),
  HEAP_TIMEOUT_MS: milliseconds(10_000, 1, 60_000),
  ALLOWED_ORIGINS: listOf(allowedOrigin),
  LIMIT_MARGIN_MS: milliseconds(1000, 0, 60_000),
  MAX_LIVE_IDENTITIES: whole(900, 1, 1000),
  OUTBOX_SHARDS: whole(4, 1, 64),
  OUTBOX_MAX_ROWS: whole(100_000, 1, 10_000_000),
  OUTBOX_MAX_BYTES: whole(100_000_000, 1_000_000, 5_000_000_000),
  OUTBOX_MAX_AGE_DAYS: upTo(7, 365, 'days'),
  HEAP_API_KEY: z
    .string()
    .regex(/^[!-~]+$/, { error: 'must have ASCII characters only, no blanks, and not be empty' })
    .optional(),
  DELETION_OVERDUE_HOURS: hours(4),
  DELETION_TIMEOUT_HOURS: hours(24),
  DELETION_GRACE_HOURS: hours(24),
  SLACK_WEBHOOK_URL: httpUrl.optional(),
  NOTIFY_WEBHOOK_URL: httpUrl.optional(),
  NOTIFY_WEBHOOK_SECRET: webhookSecret.optional(),
  ADMIN_TOKEN: z
    .string()
    .regex(/^[!-~]{8,}$/, { error: 'must have at least 8 characters, all of ASCII and no blanks' })
    .optional(),
  IDENTITY_SECRET: z
    .string()
    .refine((value) => value.length >= 16, { error: 'must have at least 16 characters' })
    .optional(),
  HOOK_TOKEN: z
    .string()
    .regex(/^[\w~.-]{8,200}$/, { error: 'must have 8 to 200 characters, of which each may stand in a path' })
    .optional(),
  HOOK_HEADER: z
    .string()
    .trim()
    .regex(/^[\w-]{1,100}: *[!-~][ -~]{7,499}$/, {
      error: 'must be a name, a colon and a value of at least 8 characters',
    })
    .optional(),
  WEBHOOK_SECRET: z.string().min(8, { error: 'must have at least 8 characters' }).optional(),
  PARTNER_CLIENT_ID: z.string().min(1, { error: 'must not be empty' }).optional(),
  PARTNER_CLIENT_SECRET: z.string().min(1, { error: 'must not be empty' }).optional(),
  WORKFLOW_RETRY_MS: milliseconds(5000, 0, 600_000),
  CLIENT_RATE_LIMIT: z.enum(['off', 'on'], { error: 'must be off or on' }).default('off'),
  CLIENT_RATE_LIMITER: z.custom<RateLimit>().optional(),
})

/** The names of the settings. */
export const SETTINGS = Object.keys(fields.shape)

const settings = fields
  .superRefine((value, context) => {
    const refuse = (name: keyof typeof value, message: string) =>
      context.addIssue({ code: 'custom', path: [name], message })
    if (value.NOTIFY_WEBHOOK_URL !== undefined && value.NOTIFY_WEBHOOK_SECRET === undefined) {
      refuse('NOTIFY_WEBHOOK_SECRET', 'must be set, to sign what is sent to NOTIFY_WEBHOOK_URL')
    }
    if ((value.PARTNER_CLIENT_ID === undefined) !== (value.PARTNER_CLIENT_SECRET === undefined)) {
      const missing = value.PARTNER_CLIENT_ID === undefined ? 'PARTNER_CLIENT_ID' : 'PARTNER_CLIENT_SECRET'
      refuse(missing, 'must be set as well')
    }
    if (value.CLIENT_RATE_LIMIT === 'on' && typeof value.CLIENT_RATE_LIMITER?.limit !== 'function') {
      refuse('CLIENT_RATE_LIMIT', 'is on, and needs CLIENT_RATE_LIMITER of [[ratelimits]] in wrangler.toml')
    }
  })
  .transform((value) => ({
    /** The environment that is meant where a body names none. */
    appId: value.HEAP_APP_ID,
    /** All environments that may be written to. */
    appIds: new Set([value.HEAP_APP_ID, ...value.HEAP_EXTRA_APP_IDS]),
    /** Where Heap is: an origin, or a base URL without a slash at the end. */
    heapUrl: value.HEAP_BASE_URL ?? INGEST_ORIGINS[value.HEAP_REGION],
    /** Where Heap's routes with a key are. */
    heapAdminUrl: value.HEAP_BASE_URL ?? ADMIN_ORIGIN,
    /** The key for them; without it nothing is deleted. */
    heapApiKey: value.HEAP_API_KEY,
    /** How long Heap may take to answer, in ms. */
    heapTimeoutMs: value.HEAP_TIMEOUT_MS,
    /** Exact origins; `*` lets every page in. */
    allowedOrigins: new Set(value.ALLOWED_ORIGINS),
    /** How much wider than Heap's the windows are, in ms. */
    limitMarginMs: value.LIMIT_MARGIN_MS,
    /** Distinct identities of one body whose limiters are asked at once; what is beyond goes to the outbox. */
    maxLiveIdentities: value.MAX_LIVE_IDENTITIES,
    /** How much waits where: shards of an environment, and what each of them takes. */
    outbox: {
      shards: value.OUTBOX_SHARDS,
      maxRows: value.OUTBOX_MAX_ROWS,
      maxBytes: value.OUTBOX_MAX_BYTES,
      maxAgeDays: value.OUTBOX_MAX_AGE_DAYS,
    },
    /** How long a deletion may take until it is told about, and until it is given up; how long its users stay suppressed. */
    deletions: {
      overdueMs: value.DELETION_OVERDUE_HOURS * HOUR_MS,
      timeoutMs: value.DELETION_TIMEOUT_HOURS * HOUR_MS,
      graceMs: value.DELETION_GRACE_HOURS * HOUR_MS,
    },
    /** Who is told about deletions: an incoming webhook of Slack, and a webhook that is signed. */
    slackWebhookUrl: value.SLACK_WEBHOOK_URL,
    webhook: both(value.NOTIFY_WEBHOOK_URL, value.NOTIFY_WEBHOOK_SECRET, (url, secret) => ({ url, secret })),
    /** Who has it may use the admin routes; without it they are closed. */
    adminToken: value.ADMIN_TOKEN,
    /** Signs the tokens by which users prove their identity; without it nobody needs one. */
    identitySecret: value.IDENTITY_SECRET,
    /** Part of the paths of hooks; without it they are closed. */
    hookToken: value.HOOK_TOKEN,
    /** What events must come with beside the token. */
    hookHeader: headerOf(value.HOOK_HEADER),
    /** Heap signs segment syncs with it; without it none is taken. */
    webhookSecret: value.WEBHOOK_SECRET,
    /** What Heap gave for the OAuth flow that connects segment syncs. */
    partner: both(value.PARTNER_CLIENT_ID, value.PARTNER_CLIENT_SECRET, (clientId, clientSecret) => ({
      clientId,
      clientSecret,
    })),
    /** How long a step that failed waits for its second try, in ms. */
    workflowRetryMs: value.WORKFLOW_RETRY_MS,
    /** Counts what each client's address writes; without it nobody does. */
    clientRateLimiter: value.CLIENT_RATE_LIMIT === 'on' ? value.CLIENT_RATE_LIMITER : undefined,
  }))

/** The settings, checked and typed, and the workflows that they switch on. */
export type Config = z.infer<typeof settings> & {
  workflows: ReadonlyMap<string, ActiveWorkflow>
  /** What those that are not switched on lack, in a sentence, by name. */
  silent: ReadonlyMap<string, string>
}

/** What two settings are together; nothing where one is missing. */
function both<Made>(one: string | undefined, other: string | undefined, make: (one: string, other: string) => Made) {
  return one === undefined || other === undefined ? undefined : make(one, other)
}

function headerOf(field: string | undefined): { name: string; value: string } | undefined {
  const [, name = '', value = ''] = /^([^:]+): *(.+)$/.exec(field ?? '') ?? []
  return field === undefined ? undefined : { name, value }
}

function isOrigin(value: string): boolean {
  return URL.canParse(value) && new URL(value).origin === value && !value.includes('*')
}

/** Everything that is wrong with the settings, a line each, with the setting's name and never its value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: string[]
  constructor(problems: string[]) {
    super(`The settings are wrong:\n${problems.join('\n')}`)
    this.problems = problems
  }
}

/**
 * Reads the settings.
 *
 * @param env the bindings of the Worker; what is no setting is left alone
 * @param workflows those of heap.config.ts
 * @throws {ConfigError} which names everything that is wrong at once
 */
export function readConfig(env: Record<string, unknown>, workflows: readonly Workflow[] = []): Config {
  const result = settings.safeParse(env)
  const { active, silent, problems } = activeWorkflows(workflows, env)
  if (result.success && problems.length === 0) return { ...result.data, workflows: active, silent }
  const wrong = result.error?.issues.map(({ path, message }) => `${String(path[0])} ${message}`) ?? []
  throw new ConfigError([...new Set(wrong), ...problems])
}

const known = new WeakMap<object, Config | ConfigError>()

/** {@link readConfig}, once per isolate: the bindings do not change while it lives. */
export function configOf(env: object): Config {
  let config = known.get(env)
  if (!config) {
    try {
      config = readConfig(env as Record<string, unknown>, workflows)
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      config = error
    }
    known.set(env, config)
  }
  if (config instanceof ConfigError) throw config
  return config
}
