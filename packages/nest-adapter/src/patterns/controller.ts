// The controller whose message patterns are the methods of ImService.
import { Controller, Inject, type Type } from '@nestjs/common'
import { Ctx, MessagePattern, Payload, RpcException } from '@nestjs/microservices'
import { RookeryError } from '@rookery/core'
import { randomUUID } from 'node:crypto'
import { ImService } from '../im.service.js'
import { RookeryLogger } from '../nest-logger.js'
import { acknowledge, refuse } from './acknowledge.js'
import { type Call, calls } from './calls.js'

const logger = new RookeryLogger()

/** A class of its own for each call: Nest keeps the patterns of a controller with its class. */
export function patternsController(
  prefix: string,
  rmqAck: 'off' | 'after-commit',
  decorators: readonly ClassDecorator[],
): Type {
  @Controller()
  class ImPatternsController {
    constructor(@Inject(ImService) readonly im: ImService) {}
  }
  const prototype = ImPatternsController.prototype as unknown as Record<string, unknown>
  for (const [name, call] of Object.entries(calls)) {
    const method = async function (this: ImPatternsController, request: unknown, context: unknown): Promise<unknown> {
      return run(this.im, call, name, request, rmqAck === 'off' ? null : context)
    }
    Object.defineProperty(prototype, name, { value: method, configurable: true, writable: true })
    Payload()(prototype, name, 0)
    Ctx()(prototype, name, 1)
    Reflect.defineMetadata('design:paramtypes', [Object, Object], prototype, name)
    MessagePattern(prefix + name)(prototype, name, Object.getOwnPropertyDescriptor(prototype, name)!)
  }
  for (const decorate of decorators) decorate(ImPatternsController)
  return ImPatternsController
}

/** @param context to acknowledge in; null where nothing is acknowledged here */
async function run(im: ImService, call: Call, name: string, request: unknown, context: unknown): Promise<unknown> {
  try {
    const answer = await call(im, request)
    acknowledge(context)
    return answer ?? null
  } catch (thrown) {
    const error = codedOf(thrown, name)
    refuse(context, error)
    throw new RpcException(error.toWire())
  }
}

function codedOf(thrown: unknown, call: string): RookeryError {
  if (thrown instanceof RookeryError) return thrown
  const id = randomUUID()
  logger.error('a call of another service failed', thrown, { call, id })
  return new RookeryError('INTERNAL', 'something went wrong on the server', { details: { id } })
}
