// A parcel as it travels: a head, then frames. A frame is two lines, and the strings of its lists.
//
// Frames of messages are mostly lists of texts that are JSON already: as lines of their own they are not written as JSON
// twice. So the first line of a frame names its lists, and how long each is; the second is the rest of it as JSON.
import type { NodeId } from '@rookery/core'

/** Through what a parcel came: a node's own channel, that of all nodes, a topic's; a probe is for its sender. */
export type Kind = 'node' | 'all' | 'topic' | 'probe'

/** Who sent a parcel. Its number counts the parcels of its kind and destination; a topic's have none. */
export type Head = readonly [kind: Kind, from: NodeId, boot: string, n: number]

type Lists = readonly (readonly [name: string, length: number])[]

/** A list of texts that may travel as lines. */
const isLines = (value: unknown): value is string[] =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every((text) => typeof text === 'string' && !text.includes('\n') && text.isWellFormed())

/** One frame, or several, as text. */
export const encodeFrames = (frames: readonly unknown[]): string => frames.map((frame) => encodeFrame(frame)).join('\n')

function encodeFrame(frame: unknown): string {
  if (typeof frame !== 'object' || frame === null || Array.isArray(frame) || 'toJSON' in frame)
    return `\n${JSON.stringify(frame)}`
  const lists: [string, number][] = []
  const lines: string[] = []
  const rest: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(frame)) {
    if (!isLines(value)) {
      Object.defineProperty(rest, name, { value, enumerable: true, configurable: true, writable: true })
      continue
    }
    lists.push([name, value.length])
    for (const line of value) lines.push(line)
  }
  if (lists.length === 0) return `\n${JSON.stringify(frame)}`
  return [JSON.stringify(lists satisfies Lists), JSON.stringify(rest), ...lines].join('\n')
}

export const encodeParcel = (head: Head, frames: readonly string[]): string =>
  [JSON.stringify(head), ...frames].join('\n')

/**
 * Reads a parcel of a node of ours.
 * @throws SyntaxError, TypeError for anything else
 */
export function decodeParcel(text: string): { readonly head: Head; readonly frames: readonly unknown[] } {
  const lines = text.split('\n')
  const head = JSON.parse(lines[0]!) as Head
  const frames: unknown[] = []
  for (let at = 1; at + 1 < lines.length;) {
    const lists = lines[at]! === '' ? [] : (JSON.parse(lines[at]!) as Lists)
    const frame: unknown = JSON.parse(lines[at + 1]!)
    at += 2
    for (const [name, length] of lists) {
      const value = lines.slice(at, at + length)
      if (value.length < length) throw new SyntaxError('the parcel is cut off')
      Object.defineProperty(frame, name, { value, enumerable: true, configurable: true, writable: true })
      at += length
    }
    frames.push(frame)
  }
  return { head, frames }
}
