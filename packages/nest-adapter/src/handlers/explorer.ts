// Finds the host's handlers in every module of the app.
import { MetadataScanner, type ModulesContainer } from '@nestjs/core'
import { misconfigured } from '../misconfigured.js'
import { type Declaration, declarationsOf } from './declarations.js'
import type { Runner, RunnerFactory, Wrapper } from './runner.js'

/** A method of the host and one event that it handles. */
export interface Handler {
  readonly declaration: Declaration
  /** For logs and error messages: `ChatHandlers.offer`. */
  readonly name: string
  readonly run: Runner
}

/**
 * Lists all handlers, in the order in which the app lists modules, providers and methods.
 * @throws Error in one line that names the methods and the remedy
 */
export function exploreHandlers(modules: ModulesContainer, runners: RunnerFactory): readonly Handler[] {
  const scanner = new MetadataScanner()
  const handlers: Handler[] = []
  const seen = new Set<object>()
  for (const module of modules.values())
    for (const wrapper of [...module.providers.values(), ...module.controllers.values()] as Wrapper[]) {
      const prototype = prototypeOf(wrapper)
      if (prototype === null || wrapper.isAlias || seen.has(wrapper.instance ?? wrapper)) continue
      seen.add(wrapper.instance ?? wrapper)
      for (const methodName of scanner.getAllMethodNames(prototype)) {
        const method = prototype[methodName]!
        const declarations = declarationsOf(method)
        if (declarations.length === 0) continue
        const name = `${prototype.constructor.name}.${methodName}`
        const run = runners.create(wrapper, method, methodName, name)
        for (const declaration of declarations) handlers.push({ declaration, name, run })
      }
    }
  check(handlers)
  return handlers
}

function prototypeOf(wrapper: Wrapper): Record<string, (...args: unknown[]) => unknown> | null {
  const { instance, metatype } = wrapper
  if (typeof instance === 'object' && instance !== null) return Object.getPrototypeOf(instance)
  return wrapper.isNotMetatype ? null : ((metatype?.prototype as ReturnType<typeof prototypeOf>) ?? null)
}

const idForm = /^[!-~]{1,64}$/

function check(handlers: readonly Handler[]): void {
  const topics = new Map<string, string>()
  for (const { declaration, name } of handlers) {
    if (declaration.on === 'connect') continue
    const word = declaration.on === 'topic' ? declaration.topic : (declaration.type ?? 'any')
    const what = declaration.on === 'topic' ? 'topic' : 'message type'
    if (typeof word !== 'string' || !idForm.test(word))
      throw misconfigured(`${name} is for the ${what} ${JSON.stringify(word)}: use 1 to 64 printable ASCII characters.`)
    if (declaration.on !== 'topic') {
      if (word.startsWith('im.'))
        throw misconfigured(
          `${name} is for ${word}: types that begin with im. are the server's own, and pass no handler.`,
        )
      continue
    }
    const other = topics.get(word)
    if (other !== undefined)
      throw misconfigured(
        `Both ${other} and ${name} answer the topic ${word}: a topic has one handler, remove one @OnC2S.`,
      )
    topics.set(word, name)
  }
}
