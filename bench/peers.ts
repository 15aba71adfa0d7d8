/**
 * Other analytics clients for pages, for the size comparison: what each is asked to do, and how to get them.
 *
 * They are no dependencies of this repository: the benchmark installs them into a folder of its own.
 * @module
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../scripts/workers.ts'

export interface Peer {
  package: string
  version: string
  /** Begins, tracks one event and identifies, as the client's documentation says. */
  entry: string
  /**
   * Where an event waits that is tracked offline: only one in a storage is sent after a reload, one in memory by the same page.
   * From the source of this version, and tried in Chromium; to be looked at again with another version.
   */
  keeps: string
  /** What the client has no call for. */
  lacks?: string
}

export const peers: Peer[] = [
  {
    package: 'plausible-tracker',
    version: '0.3.9',
    entry: `import Plausible from 'plausible-tracker'
      const { trackEvent } = Plausible({ domain: 'shop.example' })
      trackEvent('Signup', { props: { plan: 'pro' } })`,
    keeps: 'none',
    lacks: 'identify',
  },
  {
    package: '@openpanel/web',
    version: '1.4.1',
    entry: `import { OpenPanel } from '@openpanel/web'
      const op = new OpenPanel({ clientId: 'client' })
      op.track('Signup', { plan: 'pro' })
      op.identify({ profileId: 'alice@example.com' })`,
    keeps: 'memory, for 3.5 s',
  },
  {
    package: '@snowplow/browser-tracker',
    version: '4.10.1',
    entry: `import { newTracker, setUserId, trackStructEvent } from '@snowplow/browser-tracker'
      newTracker('sp', 'https://collector.example', { appId: 'shop' })
      trackStructEvent({ category: 'account', action: 'Signup', property: 'pro' })
      setUserId('alice@example.com')`,
    keeps: 'localStorage',
  },
  {
    package: 'posthog-js-lite',
    version: '4.12.1',
    entry: `import PostHog from 'posthog-js-lite'
      const posthog = new PostHog('key')
      posthog.capture('Signup', { plan: 'pro' })
      posthog.identify('alice@example.com')`,
    keeps: 'localStorage',
  },
  {
    package: '@segment/analytics-next',
    version: '1.84.3',
    entry: `import { AnalyticsBrowser } from '@segment/analytics-next'
      const analytics = AnalyticsBrowser.load({ writeKey: 'key' })
      analytics.track('Signup', { plan: 'pro' })
      analytics.identify('alice@example.com')`,
    // Not before `pagehide`: what a crash or a kill leaves behind is nothing.
    keeps: 'localStorage, at pagehide',
  },
  {
    package: 'posthog-js',
    version: '1.449.2',
    entry: `import posthog from 'posthog-js'
      posthog.init('key')
      posthog.capture('Signup', { plan: 'pro' })
      posthog.identify('alice@example.com')`,
    keeps: 'memory',
  },
]

const FOLDER = join(root, '.wrangler', 'bench-size')

/**
 * Installs them, once for each list of versions. Ends the process with one sentence where they cannot be had.
 *
 * @returns the folder that they can be imported from
 */
export function installPeers(): string {
  const wanted = JSON.stringify({
    private: true,
    dependencies: Object.fromEntries(peers.map((peer) => [peer.package, peer.version])),
  })
  const stamp = join(FOLDER, 'installed.json')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return FOLDER

  console.error('Getting the other clients from the npm registry (once)…')
  rmSync(FOLDER, { recursive: true, force: true })
  mkdirSync(FOLDER, { recursive: true })
  writeFileSync(join(FOLDER, 'package.json'), wanted)
  const { status, stderr } = spawnSync(
    'npm',
    ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--fetch-retries=0'],
    { cwd: FOLDER, encoding: 'utf8', shell: process.platform === 'win32' },
  )
  if (status !== 0) {
    const [, code = stderr] = /^npm error code (\S+)/m.exec(stderr) ?? []
    console.error(`The other clients cannot be installed. This needs the npm registry; npm says ${code}.`)
    process.exit(1)
  }
  writeFileSync(stamp, wanted)
  return FOLDER
}
