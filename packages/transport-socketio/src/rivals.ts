// Finds other websocket servers on the HTTP server that want the upgrades of our path. Tests check what this file knows
// of the listeners of engine.io, ws and Nest's WsAdapter against these packages.
import { randomUUID } from 'node:crypto'

/** Listeners that only read the path and pass the upgrade on: a check runs none of the host's own code. */
const known = [
  // engine.io, and so socket.io and Nest's IoAdapter.
  /\bdestroyUpgrade\b/,
  // ws: WebSocketServer with `server`.
  /^\(?[\w$, ]*\)?\s*=>\s*\{?\s*this\.handleUpgrade\([\w$, ]*\);?\s*\}?$/,
  // Nest's WsAdapter.
  /\bthis\.wsServersRegistry\b/,
]

class Taken extends Error {}

/**
 * Tells whether a listener would take an upgrade of this URL. The listener gets a fake upgrade that throws as soon as
 * something takes it.
 */
function takes(listener: (...args: unknown[]) => unknown, url: string): boolean {
  let isTaken = false
  const taken = (): never => {
    isTaken = true
    throw new Taken('only asked')
  }
  const headers = {
    host: 'localhost',
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-key': Buffer.alloc(16).toString('base64'),
    'sec-websocket-version': '13',
    // ws reads it once it has found the path to be its own; engine.io reads `_query`.
    get 'sec-websocket-protocol'() {
      return taken()
    },
  }
  const request = {
    method: 'GET',
    url,
    headers,
    get _query() {
      return taken()
    },
  }
  const nothing = (): void => {}
  const socket = {
    writable: false,
    on: nothing,
    once: nothing,
    removeListener: nothing,
    end: nothing,
    destroy: nothing,
  }
  try {
    listener(request, socket, Buffer.alloc(0))
  } catch (error) {
    // Any other error shows that the listener could not use the fake, not that it took it.
    if (!(error instanceof Taken)) return false
  }
  return isTaken
}

/**
 * Tells whether an upgrade listener belongs to another server on exactly this path. A listener that also takes other
 * paths takes whatever comes: it loses this path and keeps the rest.
 */
export function claims(listener: unknown, path: string): boolean {
  if (typeof listener !== 'function') return false
  const source = Function.prototype.toString.call(listener)
  if (!known.some((form) => form.test(source))) return false
  const ask = (url: string): boolean => takes(listener as (...args: unknown[]) => unknown, url)
  const beside = `${path.slice(0, path.lastIndexOf('/'))}/${randomUUID()}`
  return [path, `${path}/`].some((url, i) => ask(url) && !ask(i === 0 ? beside : `${beside}/`))
}
