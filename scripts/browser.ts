/**
 * Finds a browser for the tests, or gets one: a set variable, the system's Chrome or Chromium, Playwright's, Playwright's
 * download, and where it may be installed Debian's package.
 * @module
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { chromium } from 'playwright'

// The headless shell first: it does the same with half the work, and only tests want it.
const NAMES = [
  'chromium-headless-shell',
  'google-chrome-stable',
  'google-chrome',
  'chromium',
  'chromium-browser',
  'microsoft-edge-stable',
]

const FIXED = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
]

/** Chromium's switches for a machine without a display, a GPU or a network. */
export const BROWSER_ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

function installed(): string | undefined {
  const onPath = (process.env.PATH ?? '').split(delimiter).flatMap((folder) => NAMES.map((name) => join(folder, name)))
  return [...onPath, ...FIXED, chromium.executablePath()].find((path) => existsSync(path))
}

function run(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore', timeout: 300_000 }).status === 0
}

/**
 * The path of a Chromium.
 *
 * @throws one sentence that says what to do, where none is there and none can be had
 */
export function findBrowser(): string {
  const set = process.env.CHROMIUM
  if (set !== undefined) {
    if (existsSync(set)) return set
    throw new Error(`CHROMIUM is set to ${set}, and there is nothing.`)
  }
  const found = installed()
  if (found) return found

  console.error('No browser here; getting one for the tests…')
  if (run('playwright', 'install', 'chromium')) {
    const downloaded = installed()
    if (downloaded) return downloaded
  }
  const packages = ['install', '-y', '--no-install-recommends', 'chromium-headless-shell']
  if (
    process.platform === 'linux' &&
    process.getuid?.() === 0 &&
    run('apt-get', 'update') &&
    run('apt-get', ...packages)
  ) {
    const debian = installed()
    if (debian) return debian
  }
  throw new Error('The browser tests need Chrome or Chromium: install one, or set CHROMIUM to the path of one.')
}
