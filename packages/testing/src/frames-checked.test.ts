import { EventEmitter } from 'node:events'
import type { Connection, Frame, Gate, Inbound } from '@rookery/core'
import { RookeryError } from '@rookery/protocol'
import { expect, it, vi } from 'vitest'
import { checkedSocket } from './checked-socket.js'
import { FakeDevice } from './fake-device.js'
import { checkHistory } from './simulation/check-history.js'

const right: Frame = { event: 'sync', json: '{"seq":1}' }
const wrong: Frame = { event: 'sync', json: '{"seq":-1}' }

/** A gate that emits these frames, and answers every request with this text. */
const gateOf = (frames: readonly Frame[], answer: string): Gate => ({
  open: (_handshake, connection: Connection) => {
    for (const frame of frames) connection.emit(frame)
    const inbound: Inbound = { request: (_event, _args, reply) => reply?.(answer), closed() {} }
    return Promise.resolve(inbound)
  },
})

it('a fake device notices each event and answer that the protocol does not have', async () => {
  const faults: string[] = []
  const onMisshapen = (fault: string): void => void faults.push(fault)
  const device = await FakeDevice.connect(gateOf([right, wrong], '{"ok":true,"data":{"seq":0}}'), {}, { onMisshapen })
  expect(faults).toEqual([expect.stringContaining('sync: seq')])
  await device.request('ack', {})
  expect(faults).toHaveLength(1)
  await device.request('recall', {})
  expect(faults[1]).toContain('the answer to recall: seq')
})

it('a fake device notices a refusal that the protocol does not have', async () => {
  const faults: string[] = []
  const error = new RookeryError('NO_SUCH_CODE' as 'INTERNAL', 'no')
  const gate: Gate = { open: () => Promise.reject(error) }
  const opening = FakeDevice.connect(gate, {}, { onMisshapen: (fault) => void faults.push(fault) })
  await expect(opening).rejects.toBe(error)
  expect(faults).toEqual([expect.stringContaining('the refusal: code')])
})

it('what is not looked at by the test itself fails the run', async () => {
  const thrown = vi.spyOn(globalThis, 'queueMicrotask').mockImplementation(() => {})
  await FakeDevice.connect(gateOf([{ ...wrong }], ''), {})
  expect(thrown.mock.calls[0]![0]).toThrow('sync: seq')
  thrown.mockRestore()
})

it('a checked socket does the same, and leaves answers and errors as they are', () => {
  const thrown = vi.spyOn(globalThis, 'queueMicrotask').mockImplementation(() => {})
  const faults = (): unknown[] => thrown.mock.calls
  /**
   * The part of a socket that is needed: it answers what the test says, with an error in front if the test wants one.
   */
  class Socket extends EventEmitter {
    given: unknown[] = []
    heard: (event: string, payload: unknown) => void = () => {}
    onAny(listener: (event: string, payload: unknown) => void): void {
      this.heard = listener
    }
    override emit(event: string, ...args: unknown[]): boolean {
      if (event === 'connect_error') return super.emit(event, ...args)
      const answered = args.at(-1) as ((...given: unknown[]) => void) & { withError?: boolean }
      answered(...(answered.withError === true ? [null] : []), ...this.given)
      return true
    }
  }
  const socket = new Socket()
  const refuse = (data: unknown): boolean => EventEmitter.prototype.emit.call(socket, 'connect_error', { data })
  checkedSocket(socket)
  const answered = vi.fn()
  const withError = Object.assign(vi.fn(), { withError: true })
  socket.given = [{ ok: true, data: { seq: 1 } }]
  socket.emit('recall', {}, answered)
  socket.emit('recall', {}, withError)
  expect([answered.mock.calls, withError.mock.calls]).toEqual([[socket.given], [[null, ...socket.given]]])
  socket.given = [new Error('timed out')]
  socket.emit('recall', {}, answered)
  socket.heard('sync', { seq: 1 })
  refuse(undefined)
  refuse({ code: 'UNAVAILABLE', message: 'closed' })
  expect(faults()).toHaveLength(0)

  socket.given = [{ ok: true, data: {} }]
  socket.emit('recall', {}, answered)
  socket.heard('sync', {})
  refuse({ code: 'X' })
  expect(faults()).toHaveLength(3)
  thrown.mockRestore()
})

it('the history of a simulation with such a frame breaks an invariant', () => {
  expect(checkHistory([{ atMs: 1, t: 'misshapen', conn: 1, fault: 'sync: wrong' }])).toEqual([
    { invariant: 0, what: 'sync: wrong' },
  ])
})
