// The values in requests, answers and events.
import english from 'zod/v4/locales/en.js'
import { z } from 'zod/mini'
import { isJsonObject, jsonFault } from '../json.js'

// zod/mini has no words of its own. Answers tell clients what is wrong.
z.config(english())

/** Text of 1 to `max` printable ASCII characters without the space. */
export const printable = (max: number) =>
  z.string().check(z.minLength(1), z.maxLength(max), z.regex(/^[!-~]+$/, 'must be printable ASCII without the space'))

/** Ids of users, conversations and messages. */
export const longId = printable(128)
/** Ids of devices and instances, keys, types, topics and subjects. */
export const shortId = printable(64)
export const subject = z.union([shortId, z.literal('')])
/** A place in a timeline, or 0 before the first. */
export const position = z.int().check(z.minimum(0))
export const seq = z.int().check(z.minimum(1))
/** Unix ms. */
export const time = z.int().check(z.minimum(0))
export const limit = z.int().check(z.minimum(1))
export const cursor = z.string().check(z.maxLength(512))
export const token = z.string().check(z.maxLength(16_384))

// Objects and values of clients and hosts. Here they are only checked to be clean JSON.
const clean = (value: unknown, ctx: z.core.$RefinementCtx): void => {
  const fault = jsonFault(value)
  if (fault !== null) ctx.addIssue({ code: 'custom', path: [...fault.path], message: fault.reason })
}

export const jsonObject = z
  .custom<Record<string, unknown>>(isJsonObject, 'must be a JSON object')
  .check(z.superRefine(clean))

export const jsonValue = z.unknown().check(
  z.superRefine((value, ctx) => {
    if (value === undefined) ctx.addIssue({ code: 'custom', message: 'is missing' })
    else clean(value, ctx)
  }),
)

/** Text that people read. Its maximal length is an option of the server. */
export const text = z.string().check(z.superRefine(clean))
export const name = text.check(z.refine((value) => value.trim() !== '', 'must not be blank'))
// Emoji are sequences with joiners and tags; these are not control characters.
export const reaction = z
  .string()
  .check(
    z.minLength(1),
    z.maxLength(64),
    z.regex(/^\P{Cc}*$/u, 'must be text without control characters'),
    z.superRefine(clean),
  )

/** A field that may be present, without a value. */
export const absent = z.optional(z.undefined())

export const role = z.enum(['owner', 'admin', 'member'])
