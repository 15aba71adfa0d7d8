/**
 * Builds what the Workers serve: the browser client as one script, and the two pages.
 * @module
 */
import { join } from 'node:path'
import { build as tsdown } from 'tsdown'
import { build as vite } from 'vite'
import { root } from './workers.ts'
