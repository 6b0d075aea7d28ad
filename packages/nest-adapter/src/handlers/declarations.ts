// What the decorators write on a method, and the explorer reads at the start.
import 'reflect-metadata'

/** One thing that a method is called for. */
export type Declaration =
  | {
      readonly on: 'before' | 'after'
      readonly kind: 'c2c' | 'c2g'
      /** Null: every type. */ readonly type: string | null
    }
  | { readonly on: 'topic'; readonly topic: string }
  | { readonly on: 'connect' }

const metadataKey = 'rookery:handler'

/** Nest's own mark: request-scoped global enhancers are made for providers that bear it. */
const entryProvider = '__entryProvider__'

/** A decorator that adds a declaration to its method; a method may have several. */
export function declares(declaration: Declaration): MethodDecorator {
  return (target, _, descriptor) => {
    const method = descriptor.value as object
    Reflect.defineMetadata(metadataKey, [declaration, ...declarationsOf(method)], method)
    Reflect.defineMetadata(entryProvider, true, target.constructor)
  }
}

/** What a method is declared for, in the order in which it is written. */
export const declarationsOf = (method: object): readonly Declaration[] =>
  (Reflect.getMetadata(metadataKey, method) as readonly Declaration[] | undefined) ?? []
