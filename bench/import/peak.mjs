/**
 * Loaded in front of a program: writes the most memory that its process has had, in kB, to a file when it ends. No TypeScript,
 * since what strips its types takes memory of its own.
 * @module
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'

/** On Linux `maxRSS` remembers whoever started the process, too. */
function peak() {
  const status = '/proc/self/status'
  const [, kilobytes] = /VmHWM:\s+(\d+)/.exec(existsSync(status) ? readFileSync(status, 'utf8') : '') ?? []
  return kilobytes ?? String(process.resourceUsage().maxRSS)
}

if (isMainThread) process.on('exit', () => writeFileSync(process.env.PEAK_FILE ?? '', peak()))
