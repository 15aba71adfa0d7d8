/**
 * One run, several places: plain Node for pure logic, workerd for what runs in a Worker, and Node again for the tests that
 * start the real thing and talk to it over HTTP or through a browser.
 */
import { availableParallelism } from 'node:os'
import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Tests that run inside workerd, with the bindings of the app's own wrangler.toml and these settings. */
function insideWorkerd(name: string, configPath: string, bindings: Record<string, string> = {}) {
  return {
    root: `./apps/${name}`,
    plugins: [cloudflareTest({ wrangler: { configPath }, miniflare: { bindings } })],
    test: {
      name,
      include: ['src/**/*.worker.test.ts'],
      // Some send thousands of requests; on a busy machine they take their time.
      testTimeout: 60_000,
      // The first one starts the Worker.
      hookTimeout: 60_000,
      // itty-durable is CommonJS that requires ES modules; only the optimizer makes it loadable here.
      deps: { optimizer: { ssr: { enabled: true, include: ['itty-durable'] } } },
    },
  }
}

/** What takes longest, for the most part to wait, and would otherwise come last, since the files are small. */
const LONGEST = ['test/faults/', 'test/operations', 'test/workflows/kills', 'test/deletions', 'deletions/ledger.test']

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification) => LONGEST.some((name) => moduleId.includes(name))
    const [long = [], others = []] = [true, false].map((wanted) => files.filter((file) => isLong(file) === wanted))
    return [...(await super.sort(long)), ...(await super.sort(others))]
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    // The Workers tell of each request that they refuse or queue.
    silent: 'passed-only',
    // Six at once on two cores as well: the longest ones wait for Heap's windows most of their time.
    maxWorkers: Math.max(6, availableParallelism() - 1),
    projects: [
      {
        test: {
          name: 'unit',
          // A process for all files: each of them takes less time than to start one.
          isolate: false,
          // Properties with real cryptography take their time on a busy machine.
          testTimeout: 60_000,
          include: ['packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.ts', 'scripts/*.test.ts'],
          exclude: ['**/*.worker.test.ts', '**/node_modules/**'],
        },
      },
      insideWorkerd('proxy', '../../wrangler.toml', {
        HEAP_BASE_URL: 'https://heap.test',
        HEAP_EXTRA_APP_IDS: '987654321',
        ALLOWED_ORIGINS: 'https://shop.example,http://localhost:8789',
        MAX_LIVE_IDENTITIES: '50',
        ADMIN_TOKEN: 'local-admin-token',
        HEAP_API_KEY: 'local-api-key',
        SLACK_WEBHOOK_URL: 'https://slack.test/services/T/B/secret',
        NOTIFY_WEBHOOK_URL: 'https://receiver.test/hook',
        NOTIFY_WEBHOOK_SECRET: 'whsec_bG9jYWwtd2ViaG9vay1zZWNyZXQtZm9yLXRlc3Rz',
        HOOK_TOKEN: 'local-hook-token',
        WEBHOOK_SECRET: 'test-webhook-secret',
      }),
      insideWorkerd('sandbox', './wrangler.toml'),
      {
        test: {
          name: 'system',
          include: ['test/**/*.test.ts'],
          globalSetup: ['test/setup.ts'],
          // However slow the machine is: what a test waits for comes, or a minute shows that it does not.
          expect: { poll: { timeout: 60_000 } },
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
})
