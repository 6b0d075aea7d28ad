// A program that registers no message types: every type is open, unless the code names types where it uses them.
import { createRookery, defineTypes, MemoryStorage } from '@rookery/core'
import {
  type ImAuthenticator,
  ImService,
  AfterC2G,
  OnC2C,
  OnC2G,
  OnC2S,
  OnConnect,
  RookeryModule,
  type RookeryModuleOptions,
} from '@rookery/nest-adapter'
import { z } from 'zod'

const chatTypes = defineTypes({ offer: { schema: z.object({ price: z.number() }) } })

export async function open(im: ImService): Promise<void> {
  await im.sendC2C({ from: 'ann', to: 'bob', type: 'offer', content: { price: '100' } })
  // @ts-expect-error content is an object all the same
  await im.sendC2C({ from: 'ann', to: 'bob', type: 'offer', content: 100 })
}

export async function named(im: ImService<typeof chatTypes>): Promise<void> {
  await im.sendC2C({ from: 'ann', to: 'bob', type: 'offer', content: { price: 100 } })
  await im.sendC2C({ from: 'ann', to: 'bob', type: 'other', content: { price: '100' } })
  // @ts-expect-error price is not a text
  await im.sendC2C({ from: 'ann', to: 'bob', type: 'offer', content: { price: '100' } })
}

export async function inGroups(im: ImService<typeof chatTypes>): Promise<void> {
  await im.sendC2G({ from: 'ann', to: 'g', type: 'offer', content: { price: 100 } })
  // @ts-expect-error price is not a text
  await im.sendC2G({ from: 'ann', to: 'g', type: 'offer', content: { price: '100' } })
}

export async function withoutNest(): Promise<void> {
  const authenticate = ({ token }: { token: string }) => ({ userId: token })
  const { im } = createRookery({ storage: new MemoryStorage(), authenticate, types: chatTypes })
  await im.sendC2C({ from: 'ann', to: 'bob', type: 'offer', content: { price: 100 } })
  // @ts-expect-error price is not a text
  await im.sendC2C({ from: 'ann', to: 'bob', type: 'offer', content: { price: '100' } })
}

export class Handlers {
  @OnC2C({ type: 'offer' })
  @OnC2C('text')
  @OnC2C()
  @OnC2G({ type: 'offer' })
  @OnC2G('text')
  @OnC2G()
  @AfterC2G('text')
  @OnC2S('topic')
  @OnConnect()
  handle(): void {}

  // @ts-expect-error a topic is named
  @OnC2S()
  nothing(): void {}

  // @ts-expect-error a type is a text
  @OnC2C({ type: 7 })
  number(): void {}
}

class Auth implements ImAuthenticator {
  authenticate({ token }: { token: string }) {
    return { userId: token }
  }
}
export const byClass: RookeryModuleOptions = { authenticate: Auth }
// @ts-expect-error a class that authenticates nobody
export const byWrongClass: RookeryModuleOptions = { authenticate: Date }
// @ts-expect-error without authenticate
RookeryModule.forRoot({})
// @ts-expect-error an identity has a userId
RookeryModule.forRoot({ authenticate: ({ token }) => ({ id: token }) })
