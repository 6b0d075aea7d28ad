// A session without a network: its pulls return the text that a client would get.
import type { Connection, Inbound, Rookery } from '@rookery/core'

const nowhere: Connection = { emit: () => {}, queuedBytes: 0, stopReading: () => {}, readOn: () => {}, end: () => {} }

/** The answer to one pull, as JSON text. */
export type Pull = (since: number, limit: number) => Promise<string>

export async function openPuller(rookery: Rookery, userId: string): Promise<Pull> {
  const auth = { token: userId, deviceId: `${userId}-d`, deviceType: 'phone', since: 0 }
  const inbound: Inbound = await rookery.gate.open({ auth, headers: {}, ip: '127.0.0.1' }, nowhere)
  return (since, limit) =>
    new Promise((resolve, reject) => {
      inbound.request('pull', [{ since, limit }], (json) =>
        json.startsWith('{"ok":true') ? resolve(json) : reject(new Error(json)),
      )
    })
}
