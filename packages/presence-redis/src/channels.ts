// How channels are named.
import type { NodeId } from '@rookery/core'

export class Channels {
  /** What every node receives. */
  readonly all: string

  constructor(private readonly prefix: string) {
    this.all = `${prefix}all`
  }

  node = (nodeId: NodeId): string => `${this.prefix}n:${nodeId}`

  topic = (topic: string): string => `${this.prefix}t:${topic}`
}
