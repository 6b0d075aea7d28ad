// Starts the app, and stops it gracefully.
import { Logger, ShutdownSignal } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import type { NestExpressApplication } from '@nestjs/platform-express'
import type { Server } from 'node:http'
import { AppModule } from './app.module.js'
import { type Config, readConfig } from './config.js'
import { servePage } from './page/serve-page.js'

/** What a connection may take to say what it wants: idle ones must not hold the server open. */
const httpTimeoutMs = 10_000
/** The drain takes some seconds; whatever hangs after it is not waited for. */
const shutdownMsMax = 9_000

const config = configOrExit()
const app = await NestFactory.create<NestExpressApplication>(AppModule.forRoot(config), { forceCloseConnections: true })
servePage(app)

const server = app.getHttpServer() as Server
server.headersTimeout = httpTimeoutMs
server.requestTimeout = httpTimeoutMs

app.enableShutdownHooks([ShutdownSignal.SIGTERM, ShutdownSignal.SIGINT], { useProcessExit: true })
for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.once(signal, () => setTimeout(() => process.exit(1), shutdownMsMax).unref())

await app.listen(config.port)
new Logger('App').log(`http://localhost:${(server.address() as { port: number }).port}`)

/** A mistake in the environment is one line: where it was found helps nobody. */
function configOrExit(): Config {
  try {
    return readConfig(process.env)
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exit(1)
  }
}
