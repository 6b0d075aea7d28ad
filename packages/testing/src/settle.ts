// Real turns of the event loop, for tests in which no real time passes.

/** The number of turns after which all code has finished that waits for promises, or for a turn or two itself. */
const turns = 2

/**
 * Resolves when all pending code has run that needs neither a timer nor the outside world. Each turn of the event loop
 * runs all microtasks, and those that they add.
 */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await nextTurn()
}

type Port = InstanceType<typeof MessagePort>

let waiting: (() => void)[] = []
let ports: { readonly here: Port; readonly there: Port } | null = null

function nextTurn(): Promise<void> {
  const { here, there } = (ports ??= open())
  return new Promise((resolve) => {
    waiting.push(resolve)
    if (waiting.length > 1) return
    // The process must stay alive while code waits for a turn, and may end otherwise.
    there.ref()
    here.postMessage(null)
  })
}

/** A message port answers in a later turn, and a test runner's fake timers do not replace it. */
function open(): { readonly here: Port; readonly there: Port } {
  const { port1: here, port2: there } = new MessageChannel()
  there.on('message', () => {
    there.unref()
    const resolved = waiting
    waiting = []
    for (const resolve of resolved) resolve()
  })
  return { here, there }
}
