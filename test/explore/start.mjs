// Runs a module of this folder from the sources, in this process: the packages do not build their code for tests. The
// module has the name that tests use, so that both see the same sources.
import { fileURLToPath } from 'node:url'
import { createServer, createServerModuleRunner } from 'vite'

const path = (name) => fileURLToPath(new URL(name, import.meta.url))

const server = await createServer({
  root: path('../..'),
  configFile: path('../../vitest.config.ts'),
  server: { middlewareMode: true, hmr: false, ws: false, watch: null },
  optimizeDeps: { noDiscovery: true, include: [] },
  appType: 'custom',
  logLevel: 'error',
})
const runner = createServerModuleRunner(server.environments.ssr, { hmr: false })
const { main } = await runner.import(path(process.env['ROOKERY_EXPLORE_MODULE'] ?? 'main.ts'))
process.exitCode = await main(process.argv.slice(2), fileURLToPath(import.meta.url))
await runner.close()
await server.close()
// A driver that keeps a connection open must not keep a finished run alive.
process.exit()
