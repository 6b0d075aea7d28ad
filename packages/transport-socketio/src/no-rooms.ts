// An adapter without rooms: frames are addressed by core, so that no connection pays for sets nobody reads.
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
