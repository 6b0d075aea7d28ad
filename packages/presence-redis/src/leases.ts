// The leases of nodes, as one answer of Redis told them.
import type { NodeId, NodeInfo, PresenceTime } from '@rookery/core'

/** Which lease is a node's: JSON, so that no two pairs of ids make one field. */
export const leaseOf = ({ nodeId, boot }: { readonly nodeId: NodeId; readonly boot: string }): string =>
  JSON.stringify([nodeId, boot])

export class Leases {
  /** @param values 'until began info' by field; the field '' is the era's */
  constructor(private readonly values: Readonly<Record<string, string>>) {}

  /** @param now of presence, ms */
  runs(field: string, now: number): boolean {
    return Object.hasOwn(this.values, field) && Number.parseFloat(this.values[field]!) > now
  }

  /** The nodes whose lease runs. One that was started again while its predecessor's lease still runs is the later one. */
  nodes(now: number): NodeInfo[] {
    const found = new Map<NodeId, { readonly began: number; readonly node: NodeInfo }>()
    for (const [field, value] of Object.entries(this.values)) {
      if (field === '' || !this.runs(field, now)) continue
      const [, began = '', info = ''] = /^\S+ (\S+) (.*)$/s.exec(value) ?? []
      const [nodeId, boot] = JSON.parse(field) as [NodeId, string]
      const before = found.get(nodeId)
      if (before !== undefined && before.began > Number(began)) continue
      found.set(nodeId, { began: Number(began), node: { nodeId, boot, ...(JSON.parse(info) as Said) } })
    }
    return [...found.values()].map(({ node }) => node)
  }
}

type Said = Omit<NodeInfo, 'nodeId' | 'boot'>

/** What stands in a lease beside its times. */
export const infoOf = ({ nodeId: _, boot: __, ...said }: NodeInfo): string => JSON.stringify(said satisfies Said)

/** Presence as its server told it. */
export interface Told {
  readonly time: PresenceTime
  readonly leases: Leases
}

/** What `look` answers. */
export function toldBy(answer: unknown): Told {
  const [now, era, ...flat] = answer as [string, string, ...string[]]
  const values: Record<string, string> = Object.create(null) as Record<string, string>
  for (let i = 0; i < flat.length; i += 2) values[flat[i]!] = flat[i + 1]!
  return { time: { era, ms: Number(now) }, leases: new Leases(values) }
}
