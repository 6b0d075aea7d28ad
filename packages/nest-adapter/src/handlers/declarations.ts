// The metadata that the decorators write on a method, and that the explorer reads at the start.
import 'reflect-metadata'

/** One event that a method handles. */
export type Declaration =
  | {
      readonly on: 'before' | 'after'
      readonly kind: 'c2c' | 'c2g'
      /** Null stands for every type. */ readonly type: string | null
    }
  | { readonly on: 'topic'; readonly topic: string }
  | { readonly on: 'connect' }

const metadataKey = 'rookery:handler'

/** Nest's own mark. Nest makes request-scoped global enhancers only for providers that have it. */
const entryProvider = '__entryProvider__'

/** Makes a decorator that adds a declaration to its method. A method may have several. */
export function declares(declaration: Declaration): MethodDecorator {
  return (target, _, descriptor) => {
    const method = descriptor.value as object
    Reflect.defineMetadata(metadataKey, [declaration, ...declarationsOf(method)], method)
    Reflect.defineMetadata(entryProvider, true, target.constructor)
  }
}

/** The declarations of a method, in the order of the source. */
export const declarationsOf = (method: object): readonly Declaration[] =>
  (Reflect.getMetadata(metadataKey, method) as readonly Declaration[] | undefined) ?? []
