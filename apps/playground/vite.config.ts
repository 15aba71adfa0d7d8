import { defineConfig } from 'vite'

export default defineConfig({
  root: new URL('page', import.meta.url).pathname,
  build: { outDir: '../dist', emptyOutDir: true, target: 'es2022', modulePreload: { polyfill: false } },
})
