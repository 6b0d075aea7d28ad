// Starts the app, prints its URL, and stops it gracefully.
import { Logger, ShutdownSignal } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import type { NestExpressApplication } from '@nestjs/platform-express'
import type { Server } from 'node:http'
import { AppLogger } from './app-logger.js'
import { AppModule } from './app.module.js'
import { type Config, readConfig } from './config.js'
import { servePage } from './page/serve-page.js'
import { demoUsers } from './users/demo-users.js'

/** How long a request may take to arrive: idle connections must not hold the server open. */
const httpTimeoutMs = 10_000
/** The drain takes some seconds; after this time the process exits, whatever still hangs. */
const shutdownMsMax = 9_000

const config = configOrExit()
const app = await NestFactory.create<NestExpressApplication>(AppModule.forRoot(config), {
  forceCloseConnections: true,
  logger: new AppLogger(),
})
servePage(app)

const server = app.getHttpServer() as Server
server.headersTimeout = httpTimeoutMs
server.requestTimeout = httpTimeoutMs

app.enableShutdownHooks([ShutdownSignal.SIGTERM, ShutdownSignal.SIGINT], { useProcessExit: true })
for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.once(signal, () => setTimeout(() => process.exit(1), shutdownMsMax).unref())

await app.listen(config.port)
const logger = new Logger('App')
if (config.amqpUrl !== undefined) void listenForCalls(config.amqpUrl)
logger.log(`log in as ${demoUsers.names.join(', ')}, password ${demoUsers.password}`)
logger.log(`http://localhost:${(server.address() as { port: number }).port}`)

/** The app serves its users while the broker is away. */
async function listenForCalls(amqpUrl: string): Promise<void> {
  const broker = await import('./broker/listen.js')
  await broker.listenForCalls(app, amqpUrl).catch((error: unknown) => logger.error('no calls of other services', error))
}

/** A mistake in the environment is one line: a stack trace helps nobody. */
function configOrExit(): Config {
  try {
    return readConfig(process.env)
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exit(1)
  }
}
