/**
 * Before the system tests: build what the Workers serve and the command, and find a browser or get one.
 * @module
 */
import { build } from '../scripts/build.ts'
import { findBrowser } from '../scripts/browser.ts'

export default async function setup(): Promise<void> {
  process.env.CHROMIUM = findBrowser()
  await build()
}
