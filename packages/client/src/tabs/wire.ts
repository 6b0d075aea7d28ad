// What tabs of one app say to each other.
import type { ConnectionStatus } from '../connection/status.js'
import type { Signal } from '../engine/step.js'
import type { Passing } from '../ports/backend.js'
import type { StoreOp } from '../ports/local-store.js'
import type { StorageStatus } from '../ports/storage-status.js'

/** What the leading tab shows beside rows. */
export interface Shown {
  readonly status: ConnectionStatus
  readonly storage: StorageStatus
  /** Messages that are on their way. */
  readonly sending: readonly string[]
  /** How far the server's clock is ahead of this machine's, ms. */
  readonly aheadMs: number
}

export type Telling =
  /** A tab wants the rows. */
  | { readonly t: 'hello'; readonly tab: string }
  /** A tab leads from now on. */
  | { readonly t: 'leads' }
  | {
      readonly t: 'rows'
      readonly to: string
      readonly ops: readonly StoreOp[]
      readonly shown: Shown
    }
  | { readonly t: 'ops'; readonly ops: readonly StoreOp[] }
  | { readonly t: 'shown'; readonly shown: Shown }
  | { readonly t: 'signal'; readonly signal: Signal }
  | { readonly t: 'passing'; readonly passing: Passing }
  | {
      readonly t: 'call'
      readonly tab: string
      readonly n: number
      readonly of: 'commands' | 'reads' | 'connect' | 'logout'
      readonly name: string
      readonly args: readonly unknown[]
    }
  | {
      readonly t: 'answer'
      readonly to: string
      readonly n: number
      readonly value?: unknown
      readonly error?: {
        readonly code?: string
        readonly message: string
        readonly details?: unknown
      }
    }
  /** The business server says something; the first tab whose handlers took it answers. */
  | { readonly t: 'topic'; readonly n: number; readonly topic: string; readonly payload: unknown }
  | { readonly t: 'handled'; readonly n: number }

/** Reaches every other tab of the app. */
export interface TabChannel {
  post(telling: Telling): void
  onTelling(hear: (telling: Telling) => void): void
  close(): void
}

/** What tabs need of the browser; tests replace it. */
export interface TabPorts {
  channel(name: string): TabChannel
  /** Resolves when this tab alone holds the lock, with what gives it back. */
  lock(name: string): Promise<() => void>
}

/** Null where the browser has no Web Locks or no BroadcastChannel: then every tab is alone. */
export function browserTabs(): TabPorts | null {
  if (typeof navigator === 'undefined' || !('locks' in navigator) || typeof BroadcastChannel === 'undefined')
    return null
  return {
    channel: (name) => {
      const channel = new BroadcastChannel(name)
      return {
        post: (telling) => channel.postMessage(telling),
        onTelling: (hear) => (channel.onmessage = ({ data }: MessageEvent<Telling>) => hear(data)),
        close: () => channel.close(),
      }
    },
    lock: (name) =>
      new Promise((resolve, reject) => {
        navigator.locks.request(name, () => new Promise<void>((release) => resolve(release))).catch(reject)
      }),
  }
}
