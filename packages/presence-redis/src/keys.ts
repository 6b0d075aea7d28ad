// How keys are named. A user's keys stand in one of some buckets, which are hash tags: on a Cluster one script or one MGET
// takes the users of a bucket together, and the buckets spread over the masters.
import type { UserId } from '@rookery/core'

const buckets = 128

/** Keys of one call at most, so that no call holds Redis up for long. */
const perCall = 250

export class Keys {
  readonly leases: string

  constructor(private readonly prefix: string) {
    this.leases = `${prefix}leases`
  }

  /** Who holds the user's slots. */
  user = (userId: UserId): string => `${this.prefix}{${bucketOf(userId)}}u:${userId}`

  /** Which nodes watch the user. */
  watchers = (userId: UserId): string => `${this.prefix}{${bucketOf(userId)}}w:${userId}`
}

/** FNV-1a over UTF-16 units. */
export function bucketOf(userId: UserId): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < userId.length; i += 1) hash = Math.imul(hash ^ userId.charCodeAt(i), 0x01000193)
  return (hash >>> 0) % buckets
}

/** Parts of a list that one call may name: on a Cluster those of one bucket. */
export function calls<T>(items: readonly T[], userOf: (item: T) => UserId, isCluster: boolean): T[][] {
  const groups = new Map<number, T[]>()
  for (const item of items) {
    const bucket = isCluster ? bucketOf(userOf(item)) : 0
    const group = groups.get(bucket)
    if (group === undefined) groups.set(bucket, [item])
    else group.push(item)
  }
  return [...groups.values()].flatMap((group) =>
    Array.from({ length: Math.ceil(group.length / perCall) }, (_, i) => group.slice(i * perCall, (i + 1) * perCall)),
  )
}
