import { describe, expect, it } from 'vitest'
import { packetHead, readPacket } from './socketio-packets.js'

const read = (text: string) => {
  const { json, ...rest } = readPacket(Buffer.from(text))
  return { ...rest, json: json.toString() }
}

describe('a socket.io packet', () => {
  it.each([
    ['42["a",1]', { type: '2', namespace: '/', id: null, json: '["a",1]' }],
    ['42/im,["a","ü"]', { type: '2', namespace: '/im', id: null, json: '["a","ü"]' }],
    ['42/im,17["a"]', { type: '2', namespace: '/im', id: 17, json: '["a"]' }],
    ['43907[{"ok":true}]', { type: '3', namespace: '/', id: 907, json: '[{"ok":true}]' }],
    ['43/im,0[]', { type: '3', namespace: '/im', id: 0, json: '[]' }],
    ['40/im,{"sid":"x"}', { type: '0', namespace: '/im', id: null, json: '{"sid":"x"}' }],
    ['41/im', { type: '1', namespace: '/im', id: null, json: '' }],
    ['41/im,', { type: '1', namespace: '/im', id: null, json: '' }],
    ['44{"message":"no"}', { type: '4', namespace: '/', id: null, json: '{"message":"no"}' }],
  ])('%s is taken apart', (text, expected) => {
    expect(read(text)).toEqual(expected)
  })

  it.each(['451-["a",{"_placeholder":true,"num":0}]', '4', '4x'])('%s is refused', (text) => {
    expect(() => read(text)).toThrow(/not a socket.io text packet/)
  })

  it('is encoded as it is decoded', () => {
    expect(packetHead('2', '/im', 7)).toBe('42/im,7')
    expect(packetHead('2', '/', null)).toBe('42')
  })
})
