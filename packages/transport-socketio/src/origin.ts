// Which web pages may open a connection. Browsers send Origin with every websocket upgrade, and CORS does not apply to
// it. So this check alone keeps a foreign page from a user's session.
import type { IncomingMessage } from 'node:http'

/**
 * Origins by name, or a function that decides; if it throws, the upgrade is refused. `origin` is undefined if the
 * client sent no header.
 */
export type Origins = readonly string[] | ((origin: string | undefined, request: IncomingMessage) => boolean)

const originOf = (text: string): string | undefined => {
  try {
    const { origin } = new URL(text)
    return origin === 'null' ? undefined : origin
  } catch {
    return undefined
  }
}

/** The fault of the option, in words that follow its name; undefined where there is none. */
export const wrongInOrigins = (origins: unknown): string | undefined => {
  if (typeof origins === 'function') return undefined
  if (!Array.isArray(origins)) return 'must be a list of origins or a function'
  for (const entry of origins) {
    if (entry === '*' || (typeof entry === 'string' && originOf(entry) === entry)) continue
    return `: "${String(entry)}" must be an origin such as "https://shop.example" or "*", without a path`
  }
  return undefined
}

/** The Origin of an upgrade for logs and messages: one short line of printable ASCII, whatever the client sends. */
export const shownOrigin = (request: IncomingMessage): string => {
  const { origin } = request.headers
  if (origin === undefined) return '(none)'
  const clean = origin.slice(0, 200).replaceAll(/[^ -~]/g, '?')
  return JSON.stringify(origin.length > 200 ? `${clean}...` : clean)
}

/** Tells whether the Origin of an upgrade is allowed. */
export const originAllowed = (origins: Origins | undefined, request: IncomingMessage): boolean => {
  const origin = request.headers.origin
  if (typeof origins === 'function') {
    try {
      return origins(origin, request) === true
    } catch {
      return false
    }
  }
  if (origin === undefined) return true
  if (origins !== undefined) return origins.includes(origin) || origins.includes('*')
  // The scheme does not count: behind a proxy that ends TLS the server cannot know its own.
  const page = originOf(origin)
  return page !== undefined && new URL(page).host === request.headers.host?.toLowerCase()
}
