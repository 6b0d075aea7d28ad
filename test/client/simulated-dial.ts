// The client's way to the nodes of a simulated cluster.
import type { Dial } from '@rookery/client'
import { RookeryError } from '@rookery/protocol'
import { FakeDevice, type Link, type SeededRandom, type SimulatedCluster, type VirtualClock } from '@rookery/testing'

/** The link of an app as it is now; null while it has none. */
export interface Wires {
  link: Link | null
}

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
          if (!isOver) answered?.(answer as never)
        }),
      close: () => {
        isOver = true
        device?.disconnect()
      },
    }
  }
}
