/**
 * Loaded in front of a program: writes the most memory that its process has had, in kB, to a file when it ends.
 * @module
 */
import { writeFileSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'

if (isMainThread) {
  process.on('exit', () => writeFileSync(process.env.PEAK_FILE ?? '', String(process.resourceUsage().maxRSS)))
}
