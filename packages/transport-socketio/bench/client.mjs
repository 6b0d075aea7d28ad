// A client that costs as little CPU as possible: it recognises frames by their first characters and never parses them.
import { connect } from 'node:net'

/** Makes a client frame with the mask 0, which leaves the payload unchanged. */
const masked = (text) => {
  const payload = Buffer.from(text)
  const header =
    payload.length < 126
      ? Buffer.from([0x81, 0x80 | payload.length, 0, 0, 0, 0])
      : Buffer.from([0x81, 0xfe, payload.length >> 8, payload.length & 255, 0, 0, 0, 0])
  return Buffer.concat([header, payload])
}

/** Resolves when `ready` came. `onFrame` gets the packet's type: '2' is an event, '3' an answer. */
export const join = (port, id, onFrame) =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    socket.setNoDelay()
    socket.on('error', reject)
    let rest = Buffer.alloc(0)
    let upgraded = false
    const client = {
      send: (text) => socket.write(masked(text)),
      sendAll: (texts) => socket.write(Buffer.concat(texts.map(masked))),
      close: () => socket.destroy(),
    }
    socket.write(
      'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n',
    )
    socket.on('data', (chunk) => {
      let data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
      if (!upgraded) {
        const end = data.indexOf('\r\n\r\n')
        if (end < 0) return void (rest = data)
        upgraded = true
        data = data.subarray(end + 4)
      }
      let at = 0
      for (;;) {
        if (data.length - at < 2) break
        let length = data[at + 1]
        let header = 2
        if (length === 126) {
          if (data.length - at < 4) break
          length = data.readUInt16BE(at + 2)
          header = 4
        }
        if (data.length - at < header + length) break
        const start = at + header
        at = start + length
        const engine = data[start]
        if (engine === 0x30) client.send(`40/im,{"id":${id}}`)
        else if (engine === 0x32) client.send('3')
        else if (engine === 0x34) {
          const type = data[start + 1]
          if (type === 0x32 && data.toString('latin1', start + 6, start + 14) === '["ready"') resolve(client)
          else onFrame?.(type)
        }
      }
      rest = at === data.length ? Buffer.alloc(0) : data.subarray(at)
    })
  })
