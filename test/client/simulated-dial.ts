// The client's way to the nodes of a simulated cluster.
import type { Dial } from '@rookery/client'
import { RookeryError } from '@rookery/protocol'
import { FakeDevice, type Link, type SeededRandom, type SimulatedCluster, type VirtualClock } from '@rookery/testing'

/** The link of an app as it is now; null while it has none. */
export interface Wires {
  link: Link | null
}

/** Questions whose answers change no position. */
const slow = new Set(['history', 'conversations', 'conversation.get', 'read'])

/** Dials a node by its name. */
export function simulatedDial(
  cluster: SimulatedCluster,
  clock: VirtualClock,
  random: SeededRandom,
  wires: Wires,
  misshapen: ((fault: string) => void) | null,
): Dial {
  return (url, auth, events) => {
    let isOver = false
    let device: FakeDevice | null = null
    const node = cluster.nodes.find(({ name }) => name === url)
    if (node === undefined) {
      clock.setTimeout(() => isOver || events.refused(null), 5)
      return { request: () => {}, close: () => (isOver = true) }
    }
    const link = cluster.dial(node, random, {
      broken: () => {},
      ended: () => {
        if (isOver) return
        isOver = true
        events.closed()
      },
    })
    wires.link = link
    FakeDevice.connect(link, auth() as never, {
      onEvent: ({ event, payload }) => {
        if (!isOver) events.event(event as never, payload, () => {})
      },
      onMisshapen: misshapen,
    }).then(
      (connected) => {
        device = connected
        if (isOver) connected.disconnect()
      },
      (error: unknown) => {
        if (isOver) return
        isOver = true
        events.refused(error instanceof RookeryError ? error.toWire() : null)
      },
    )
    return {
      request: (event, body, answered) =>
        device?.call(event, [body], (answer) => {
          const tell = (): void => {
            if (!isOver) answered?.(answer as never)
          }
          // A slow read of the server's database: what it answers is older than the events before it.
          if (slow.has(event) && random.chance(0.3)) clock.setTimeout(tell, random.int(400))
          else tell()
        }),
      close: () => {
        isOver = true
        device?.disconnect()
      },
    }
  }
}
