/**
 * Builds the operations page into `dist/admin/`, from where the Worker serves it.
 */
import { join } from 'node:path'
import { defineConfig } from 'vite'

export default defineConfig({
  root: join(import.meta.dirname, 'page'),
  base: '/admin/',
  build: {
    outDir: '../dist/admin',
    emptyOutDir: true,
    target: 'es2022',
    // The page's Content-Security-Policy lets in no `data:` but images; nothing is worth inlining anyway.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
})
