/**
 * The command and the worker thread that reads files for it. The client and the contract are written into them.
 * @module
 */
import { defineConfig } from 'tsdown'
import { library } from '../../scripts/library-build.ts'
import packageJson from './package.json' with { type: 'json' }

export default defineConfig(
  library(
    { main: 'src/main.ts', worker: 'src/import/worker.ts' },
    {
      platform: 'node',
      dts: false,
      fixedExtension: false,
      // There is nothing to import, and so no types to look at.
      attw: false,
      define: { HEAP_EDGE_CLI_VERSION: JSON.stringify(packageJson.version) },
    },
  ),
)
