// Declarations and the interface that hosts see cannot differ: each wrong line has @ts-expect-error.
import { option } from '@rookery/core'

interface Pace {
  readonly steps: number
  readonly rest?: 'long' | 'short'
}

const steps = option.whole(1, 9, 'is wrong')
const rest = option.standard('long', option.oneOf(['long', 'short'], 'is wrong'))

export const fine: option.Options<Pace> = { steps, rest }
export const required: option.Options<Pace> = { steps, rest: option.oneOf(['long', 'short'], 'is wrong') }
export const bare: option.Options<Pace> = { steps, rest: option.optional(option.oneOf(['long', 'short'], 'is wrong')) }

// @ts-expect-error one is missing
export const missing: option.Options<Pace> = { steps }
// @ts-expect-error one is too many
export const tooMany: option.Options<Pace> = { steps, rest, stops: steps }
// @ts-expect-error the interface takes more words
export const narrower: option.Options<Pace> = { steps, rest: option.oneOf(['long'], 'is wrong') }
// @ts-expect-error the interface takes fewer words
export const wider: option.Options<Pace> = { steps, rest: option.oneOf(['long', 'short', 'none'], 'is wrong') }
// @ts-expect-error hosts must give it
export const lacking: option.Options<Pace> = { steps: option.optional(steps), rest }
// @ts-expect-error the default is of another type
export const otherwise: option.Options<Pace> = { steps: option.standard('3', steps), rest }

const words: option.Words = { wrong: (name) => new Error(name), unknown: (name) => new Error(name) }
const { rest: read }: { readonly rest: 'long' | 'short' } = option.read({ steps, rest }, {}, words)
export { read }
