// The values in requests, answers and events.
import { z } from 'zod'
import { isJsonObject, jsonFault } from '../json.js'

const printable = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[!-~]+$/, 'must be printable ASCII without the space')

/** Ids of users, conversations and messages. */
export const longId = printable(128)
/** Ids of devices and instances, keys, types, topics and subjects. */
export const shortId = printable(64)
export const subject = shortId.or(z.literal(''))
/** A place in a timeline, or 0 before the first. */
export const position = z.int().min(0)
export const seq = z.int().min(1)
/** Unix ms. */
export const time = z.int().min(0)
export const limit = z.int().min(1)
export const cursor = z.string().max(512)
export const token = z.string().max(16_384)

// Objects and values of clients and hosts. Here they are only checked to be clean JSON.
const clean = (value: unknown, ctx: z.RefinementCtx): void => {
  const fault = jsonFault(value)
  if (fault !== null) ctx.addIssue({ code: 'custom', path: [...fault.path], message: fault.reason })
}

export const jsonObject = z.custom<Record<string, unknown>>(isJsonObject, 'must be a JSON object').superRefine(clean)

export const jsonValue = z.unknown().superRefine((value, ctx) => {
  if (value === undefined) ctx.addIssue({ code: 'custom', message: 'is missing' })
  else clean(value, ctx)
})

/** Text that people read. Its maximal length is an option of the server. */
export const text = z.string().superRefine(clean)
export const name = text.refine((value) => value.trim() !== '', 'must not be blank')
// Emoji are sequences with joiners and tags; these are not control characters.
export const reaction = z
  .string()
  .min(1)
  .max(64)
  .regex(/^\P{Cc}*$/u, 'must be text without control characters')
  .superRefine(clean)

/** A field that may be present, without a value. */
export const absent = z.undefined().optional()

export const role = z.enum(['owner', 'admin', 'member'])
