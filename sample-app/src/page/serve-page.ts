// The web page: static files under a content security policy that runs no foreign script, from whatever source.
import { fileURLToPath } from 'node:url'
import type { NestExpressApplication } from '@nestjs/platform-express'
import helmet from 'helmet'

const pathOf = (url: string | URL): string => fileURLToPath(url)
const publicDir = pathOf(new URL('../../public', import.meta.url))
/** The client library's own browser bundle, from its npm package. */
const socketIoDir = pathOf(new URL('dist', import.meta.resolve('socket.io-client/package.json')))

export function servePage(app: NestExpressApplication): void {
  app.use(
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          defaultSrc: ["'none'"],
          scriptSrc: ["'self'"],
          styleSrc: ["'self'"],
          imgSrc: ["'self'"],
          connectSrc: ["'self'"],
          formAction: ["'self'"],
          baseUri: ["'none'"],
          frameAncestors: ["'none'"],
          // At run time no text may become markup either: the page writes text only.
          requireTrustedTypesFor: ["'script'"],
        },
      },
    }),
  )
  app.useStaticAssets(publicDir)
  app.useStaticAssets(socketIoDir, { prefix: '/vendor/socket.io', index: false })
}
