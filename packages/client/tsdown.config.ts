/**
 * The package, and the script that a heap-edge proxy serves to pages.
 * @module
 */
import { defineConfig } from 'tsdown'
import { library } from '../../scripts/library-build.ts'
import packageJson from './package.json' with { type: 'json' }

const define = { HEAP_EDGE_VERSION: JSON.stringify(packageJson.version) }

export default defineConfig([
  library(
    {
      index: 'src/index.ts',
      admin: 'src/admin/index.ts',
      browser: 'src/browser/index.ts',
      check: 'src/check/index.ts',
      retry: 'src/retry.ts',
      send: 'src/bodies.ts',
    },
    { define, tsconfig: 'tsconfig.build.json' },
  ),
  {
    entry: { 'heap-edge': 'src/browser/script.ts' },
    outDir: 'dist/script',
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    minify: true,
    dts: false,
    // No one tree-shakes the script: marks for that only cost bytes.
    outputOptions: { entryFileNames: '[name].js', comments: false },
    define,
  },
])
