/**
 * The settings of a local run. Each can be overridden by the environment.
 * @module
 */
import workflows from '../apps/proxy/heap.config.ts'
import { SETTINGS } from '../apps/proxy/src/config.ts'

const { env } = process

/** Where the three Workers of `npm start` listen. */
export const ports = {
  proxy: Number(env.PORT ?? 8787),
  sandbox: Number(env.SANDBOX_PORT ?? 8788),
  playground: Number(env.PLAYGROUND_PORT ?? 8789),
}

export type Ports = typeof ports

/** Settings that have no local value, where the environment gives one. */
const optional = Object.fromEntries(
  [...SETTINGS, ...workflows.flatMap(({ needs, uses }) => [...needs, ...uses])].flatMap((name) =>
    env[name] ? [[name, env[name]]] : [],
  ),
)

/** The bindings of each Worker for these ports. */
export function settings(on: Ports) {
  const local = (port: number) => `http://localhost:${port}`
  return {
    proxy: {
      HEAP_APP_ID: '123456789',
      HEAP_EXTRA_APP_IDS: '987654321',
      HEAP_API_KEY: 'local-api-key',
      HEAP_BASE_URL: `http://127.0.0.1:${on.sandbox}`,
      ADMIN_TOKEN: 'local-admin-token',
      WEBHOOK_SECRET: 'local-webhook-secret',
      HOOK_TOKEN: 'local-hook-token',
      PARTNER_CLIENT_ID: 'local-client-id',
      PARTNER_CLIENT_SECRET: 'local-client-secret',
      ...optional,
      // Those of the environment come beside the playground.
      ALLOWED_ORIGINS: [local(on.playground), `http://127.0.0.1:${on.playground}`, env.ALLOWED_ORIGINS]
        .filter(Boolean)
        .join(),
    },
    sandbox: {
      HEAP_API_KEY: env.HEAP_API_KEY || 'local-api-key',
      PROXY_URL: local(on.proxy),
      HOOK_TOKEN: env.HOOK_TOKEN || 'local-hook-token',
      WEBHOOK_SECRET: env.WEBHOOK_SECRET || 'local-webhook-secret',
      PARTNER_CLIENT_ID: env.PARTNER_CLIENT_ID || 'local-client-id',
      PARTNER_CLIENT_SECRET: env.PARTNER_CLIENT_SECRET || 'local-client-secret',
    },
    playground: { PROXY_URL: local(on.proxy), SANDBOX_URL: `http://127.0.0.1:${on.sandbox}` },
  }
}
