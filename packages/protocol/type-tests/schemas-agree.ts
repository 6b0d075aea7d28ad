// The types and the schemas agree both ways: what one takes the other takes, `readonly` apart. A line that does not compile
// names what differs.
import type {
  DataOf,
  Entry,
  HandshakeAuth,
  RequestEvent,
  RequestOf,
  ServerEvent,
  ServerEvents,
  WireError,
} from '@rookery/protocol'
import type {
  answerSchemas,
  entrySchema,
  errorSchema,
  eventSchemas,
  handshakeSchema,
  requestSchemas,
} from '@rookery/protocol/schemas'
import type { z } from 'zod'

/** Fields that no value has. */
type Named<Type> = { [Key in keyof Type as [Exclude<Type[Key], undefined>] extends [never] ? never : Key]: Type[Key] }

/** Without `readonly` and the tags of ids. */
type Plain<Type> = unknown extends Type
  ? unknown
  : Type extends string
    ? string extends Type
      ? string
      : Type
    : Type extends readonly (infer Item)[]
      ? Plain<Item>[]
      : Type extends object
        ? { -readonly [Key in keyof Named<Type>]: Plain<Named<Type>[Key]> }
        : Type

/** The same with every field required, so that an optional field that one side lacks is noticed. */
type Full<Type> = unknown extends Type
  ? unknown
  : Type extends readonly (infer Item)[]
    ? Full<Item>[]
    : Type extends object
      ? { [Key in keyof Type]-?: Full<Type[Key]> }
      : Type

type Takes<Type, Other> = [Other] extends [Type] ? true : false

type Agree<Left, Right> =
  | Takes<Plain<Left>, Plain<Right>>
  | Takes<Plain<Right>, Plain<Left>>
  | Takes<Full<Plain<Left>>, Full<Plain<Right>>>
  | Takes<Full<Plain<Right>>, Full<Plain<Left>>>

type AllAgree<Schemas, Types> = {
  readonly [Name in keyof Types]: Name extends keyof Schemas
    ? Schemas[Name] extends z.ZodType
      ? Agree<z.infer<Schemas[Name]>, Types[Name]>
      : never
    : never
}
type True<Names extends PropertyKey> = { readonly [Name in Names]: true }

const yes = <Is>(_agreed: (is: Is) => Is): void => {}

yes<AllAgree<typeof eventSchemas, ServerEvents>>((is) => is satisfies True<ServerEvent>)
yes<AllAgree<typeof answerSchemas, { [Event in RequestEvent]: DataOf<Event> }>>((is) => is satisfies True<RequestEvent>)
yes<AllAgree<typeof requestSchemas, { [Event in RequestEvent]: RequestOf<Event> }>>(
  (is) => is satisfies True<RequestEvent>,
)
yes<Agree<z.infer<typeof entrySchema>, Entry>>((is) => is satisfies true)
yes<Agree<z.infer<typeof handshakeSchema>, HandshakeAuth>>((is) => is satisfies true)
yes<Agree<z.infer<typeof errorSchema>, WireError>>((is) => is satisfies true)
