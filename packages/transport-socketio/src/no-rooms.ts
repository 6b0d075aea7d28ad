// An adapter without rooms: core addresses the frames, so no connection pays for sets that nobody reads.
import type { ServerOptions } from 'socket.io'

class NoRooms {
  init(): void {}
  close(): void {}
  addAll(): void {}
  del(): void {}
  delAll(): void {}
  socketRooms(): undefined {
    return undefined
  }
}

export const noRooms = NoRooms as unknown as ServerOptions['adapter']
