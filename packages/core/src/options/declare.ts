// Declarations of options: which values an option takes, its default, and the text for any other value.
//
// A declaration gives the names, the defaults, the check, the type of the settings and the line for a mistake. zod
// makes the checks. It stays internal: no public type names it, and a schema is built only when a host gives the
// option.
import * as z from '@rookery/protocol/schemas'
import { didYouMean } from './did-you-mean.js'

/** What is wrong with a value, as text that follows the option's name. */
export type Fault = string | ((value: unknown) => string)

declare const types: unique symbol

/**
 * The declaration of one option.
 * @typeParam Given the values that hosts may give
 * @typeParam Read the value in the settings
 */
export interface Option<Given, Read = Given> {
  readonly [types]?: { readonly takes: (value: Given) => Given; readonly holds: Read }
}

/**
 * One declaration for each option of an interface. The compiler refuses a missing option, an extra one, and one of
 * another type.
 */
export type Options<Interface> = {
  readonly [Name in keyof Interface]-?: Option<Exclude<Interface[Name], undefined>, Interface[Name]>
}

/** The settings that `read` returns. */
export type ValuesOf<Shape> = {
  readonly [Name in keyof Shape]: Shape[Name] extends Option<infer _, infer Read> ? Read : never
}

/**
 * How a package words a mistake. `known` lists the existing names; `meant` is a hint such as `; did you mean path?`.
 */
export interface Words {
  readonly wrong: (option: string, fault: string) => Error
  readonly unknown: (option: string, known: string, meant: string) => Error
}

/** The part of a zod schema that is used here. */
interface Schema {
  safeParse(
    value: unknown,
    how: { readonly jitless: boolean },
  ): {
    readonly data?: unknown
    readonly error?: { readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[] }
  }
}

/** The implementation of an `Option`. */
interface Declaration {
  /** Builds the schema that checks a given value. Default: every value passes. */
  readonly schema?: () => Schema
  /** The options that this one holds; then it has no schema. */
  readonly holds?: object
  /** The fault of this option where one of the options in it is wrong. Default: the fault of that one. */
  readonly fault?: string
  /** A word that a host may give instead of the options in it. */
  readonly word?: string
  /** Whether the host may leave it out. */
  readonly mayLack?: boolean
  readonly standard?: unknown
}

const made = <Given, Read = Given>(declaration: Declaration): Option<Given, Read> => declaration as Option<Given, Read>
const behind = (option: Option<unknown>): Declaration => option as Declaration

/** Makes zod report a fault in these words, whatever it found. */
const tells = (fault: Fault): { error: (issue: { readonly input?: unknown }) => string } => ({
  error: ({ input }) => (typeof fault === 'string' ? fault : fault(input)),
})

/** Checked by a schema. */
export const checkedBy = <Given>(schema: () => Schema): Option<Given> => made({ schema })

/** A value that passes a test. */
export const passing = <Given>(test: (value: unknown) => boolean, fault: Fault): Option<Given> =>
  made({ schema: () => z.custom(test, tells(fault)) })

/** Any value; another part of the program checks it. */
export const anything = <Given>(): Option<Given> => made({})

/** A whole number within bounds. */
export const whole = (from: number, to: number, fault: Fault): Option<number> =>
  made({ schema: () => z.int(tells(fault)).check(z.minimum(from, tells(fault)), z.maximum(to, tells(fault))) })

/** A boolean. */
export const flag = (fault: Fault): Option<boolean> => made({ schema: () => z.boolean(tells(fault)) })

/** One of some words. */
export const oneOf = <const Word extends string>(words: readonly Word[], fault: Fault): Option<Word> =>
  made({ schema: () => z.literal(words, tells(fault)) })

/** Text of a form. */
export const text = (form: RegExp, fault: Fault): Option<string> =>
  made({ schema: () => z.string(tells(fault)).check(z.regex(form, tells(fault))) })

/** An option that holds options. If a host leaves it out, it gets their defaults. */
export const group = <Interface>(shape: Options<Interface>): Option<Partial<Interface>, Interface> =>
  made({ holds: shape, mayLack: true, standard: {} })

/** An option that holds options, some of them without a default. A host that leaves it out gets nothing. */
export const optionalGroup = <Given, Interface>(shape: Options<Interface>): Option<Given, Interface | undefined> =>
  made({ holds: shape, mayLack: true })

/** A group that a host gives as a whole, or as a word such as `off`. One fault covers everything in it. */
export const wholeGroup = <Interface, const Word extends string>(
  shape: Options<Interface>,
  word: Word,
  fault: string,
): Option<Interface | Word> => made({ holds: shape, word, fault })

/** An option with a default. */
export const standard = <Given, Read>(value: Read, option: Option<Given, Read>): Option<Given, Read> =>
  made({ ...behind(option as Option<unknown>), mayLack: true, standard: value })

/** An option without a default, which may be missing. */
export const optional = <Given, Read>(option: Option<Given, Read>): Option<Given, Read | undefined> =>
  made({ ...behind(option as Option<unknown>), mayLack: true })

/**
 * Checks the options of a host. An option given as undefined counts as left out.
 * @throws the error that `words` makes of the first mistake
 */
export function read<Shape extends object>(shape: Shape, given: object, words: Words): ValuesOf<Shape> {
  return readInto(shape, given, words, '') as ValuesOf<Shape>
}

/** Refuses an unknown name. */
export function refuseUnknown(given: object, known: readonly string[], words: Words, place = ''): void {
  for (const name of Object.keys(given))
    if (!known.includes(name)) throw words.unknown(place + name, known.join(', '), didYouMean(name, known))
}

function readInto(shape: object, given: object, words: Words, place: string): Record<string, unknown> {
  const declarations = Object.entries(shape) as [string, Declaration][]
  refuseUnknown(given, Object.keys(shape), words, place)
  const values: Record<string, unknown> = {}
  for (const [name, declaration] of declarations)
    values[name] = readOne(declaration, (given as Record<string, unknown>)[name], words, place + name)
  return values
}

function readOne(declaration: Declaration, given: unknown, words: Words, option: string): unknown {
  const { schema, holds, word, fault, mayLack, standard } = declaration
  const value = given === undefined && mayLack ? standard : given
  if (value === undefined && mayLack) return undefined
  if (word !== undefined && value === word) return value
  if (holds !== undefined) {
    const inner = fault === undefined ? words : { ...words, wrong: () => words.wrong(option, fault) }
    if (typeof value !== 'object' || value === null)
      throw inner.wrong(option, `is not an object: give { ${Object.keys(holds).join(', ')} }, or some of these`)
    return readInto(holds, value, inner, `${option}.`)
  }
  if (schema === undefined) return value
  // Each value is checked once, so compiling the check would cost more than it saves.
  const { error, data } = schema().safeParse(value, { jitless: true })
  if (error === undefined) return data
  const { path, message } = error.issues[0]!
  throw words.wrong([option, ...path].join('.'), message)
}
