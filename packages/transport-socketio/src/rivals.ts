// Other websocket servers on the HTTP server: which of them wants the upgrades of a path that is ours. What is known here of
// the listeners of engine.io, ws and Nest's WsAdapter is checked by tests against them.
import { randomUUID } from 'node:crypto'

/** Listeners that only look at the path and hand the upgrade on: nothing of the host's own code runs when they are asked. */
const known = [
  // engine.io, and so socket.io and Nest's IoAdapter.
  /\bdestroyUpgrade\b/,
  // ws: WebSocketServer with `server`.
  /^\(?[\w$, ]*\)?\s*=>\s*\{?\s*this\.handleUpgrade\([\w$, ]*\);?\s*\}?$/,
  // Nest's WsAdapter.
  /\bthis\.wsServersRegistry\b/,
]

class Taken extends Error {}

/** Whether a listener would take an upgrade of this URL: it is shown one that ends as soon as it is taken. */
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
    // ws reads it once the path is found to be its own, engine.io `_query`.
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
    // Whatever else it could not do with what it was shown, it did not take it.
    if (!(error instanceof Taken)) return false
  }
  return isTaken
}

/**
 * Whether an upgrade listener is that of another server on just this path. One that takes the paths beside it as well takes
 * what comes: it loses this path and keeps all others.
 */
export function claims(listener: unknown, path: string): boolean {
  if (typeof listener !== 'function') return false
  const source = Function.prototype.toString.call(listener)
  if (!known.some((form) => form.test(source))) return false
  const ask = (url: string): boolean => takes(listener as (...args: unknown[]) => unknown, url)
  const beside = `${path.slice(0, path.lastIndexOf('/'))}/${randomUUID()}`
  return [path, `${path}/`].some((url, i) => ask(url) && !ask(i === 0 ? beside : `${beside}/`))
}
