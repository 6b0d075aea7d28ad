// The `flags` of a message that is appended.
import type { NewMessage } from '@rookery/core'
import { flag } from './codes.js'

/** @param moved whether the sender's position moves to the message */
export const isExceptional = ({ countable, from }: NewMessage, moved: boolean): boolean =>
  countable && from !== null && !moved

/** @param moved whether the sender's position moves to the message */
export function flagsOf(message: NewMessage, moved: boolean): number {
  let flags = 0
  if (message.countable) flags |= flag.countable
  if (message.silent) flags |= flag.silent
  if (message.viaServer) flags |= flag.viaServer
  if (isExceptional(message, moved)) flags |= flag.exceptional
  return flags
}
